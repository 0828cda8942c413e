# Which Python has mbembed.

# Name of the virtual environment that install_mbembed() makes.
environment_name <- "r-mbembed"

# Places to look in, in order: a list of `where` (in words) and `command`.
python_places <- function() {
  given <- getOption("mbembed.python", Sys.getenv("MBEMBED_PYTHON"))
  if (has_text(given)) {
    return(list(list(where = "option mbembed.python or MBEMBED_PYTHON", command = as_command(path.expand(given)))))
  }
  places <- list()
  named <- Sys.getenv("RETICULATE_PYTHON")
  if (is_running()) named <- reticulate::py_config()$python
  if (has_text(named) && named != "managed") {
    places <- list(list(where = "reticulate's Python", command = as_command(named)))
  }
  on_path <- Sys.which("mbembed")
  if (nzchar(on_path)) places <- c(places, list(list(where = "mbembed on the PATH", command = unname(on_path))))
  own <- environment_python()
  if (file.exists(own)) {
    places <- c(places, list(list(where = paste("virtual environment", environment_name), command = as_command(own))))
  }
  places
}

# The first place whose mbembed answers; an error that says where was looked.
find_python <- function() {
  tried <- character()
  for (place in python_places()) {
    place$version <- probe(place$command)
    if (is.list(place$version)) {
      return(place)
    }
    tried <- c(tried, sprintf("%s (%s): %s", place$where, place$command[1], place$version))
  }
  abort(
    "no_python",
    if (length(tried)) {
      paste("no Python with mbembed answers:", paste(tried, collapse = "; "))
    } else {
      "no Python with mbembed was found: MBEMBED_PYTHON is not set, there is no mbembed on the PATH, no r-mbembed"
    },
    "Python 3.11 or newer with the package mbembed",
    "install_mbembed(), or options(mbembed.python = \"/path/to/python\"); mbembed_sitrep() shows more"
  )
}

# Asks a command for its version, once in a session: a list, or in words why not.
probe <- function(command) {
  key <- paste(command, collapse = "\n")
  if (is.list(the$probes[[key]])) {
    return(the$probes[[key]])
  }
  if (!file.exists(command[1]) && !nzchar(Sys.which(command[1]))) {
    return("there is no such file")
  }
  text <- as.character(jsonlite::toJSON(list(protocol = protocol, do = "version"), auto_unbox = TRUE))
  answer <- tryCatch(ask_process(command, text, list()), mbembed_error_process = identity)
  if (inherits(answer, "condition")) {
    last <- utils::tail(answer$said, 1)
    return(if (length(last)) last else "it does not answer")
  }
  content <- jsonlite::fromJSON(answer[[1]])
  if (!is.null(content$error)) {
    return(content$error$message)
  }
  the$probes[[key]] <- content$result
  content$result
}

as_command <- function(python) c(unname(python), "-m", "mbembed")

environment_folder <- function() {
  roots <- c(Sys.getenv("RETICULATE_VIRTUALENV_ROOT"), Sys.getenv("WORKON_HOME"), "~/.virtualenvs")
  file.path(path.expand(roots[nzchar(roots)][1]), environment_name)
}

environment_python <- function(folder = environment_folder()) {
  file.path(folder, if (.Platform$OS.type == "windows") "Scripts/python.exe" else "bin/python")
}

#' Is there a Python with mbembed?
#'
#' Looks where [embed_samples()] looks; starts nothing in this session. Made for examples and tests.
#'
#' @return `TRUE` or `FALSE`.
#' @seealso [mbembed_sitrep()], which says what is missing.
#' @export
#' @examples
#' mbembed_available()
mbembed_available <- function() {
  if (is_running() && is_running_with_mbembed()) {
    return(TRUE)
  }
  tryCatch(is.list(find_python()), mbembed_error = function(e) FALSE)
}
