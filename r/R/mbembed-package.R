#' @keywords internal
#' @importFrom rlang .data
"_PACKAGE"

# What is known about the session: Pythons that were asked for their version, notes that were given.
the <- new.env(parent = emptyenv())
the$probes <- list()
the$told <- character()

`%||%` <- function(x, y) if (is.null(x)) y else x
