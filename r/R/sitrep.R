#' Which Python, which mbembed, which route
#'
#' Says what [embed_samples()] would use and what to do if something is missing. Starts no Python in this
#' session.
#'
#' @return A list with `route` (of `engine = "auto"`, `NA` if there is none), `python`, `version` (of the
#'   Python package) and `reticulate`, invisibly.
#' @seealso [install_mbembed()]
#' @export
#' @examples
#' mbembed_sitrep()
mbembed_sitrep <- function() {
  said <- c(" " = sprintf("R package mbembed %s, R %s", utils::packageVersion("mbembed"), getRversion()))
  place <- tryCatch(find_python(), mbembed_error = identity)
  found <- !inherits(place, "condition")
  said <- c(said, if (found) {
    c(v = sprintf(
      "route process: mbembed %s, Python %s, %s (%s)",
      place$version$mbembed, place$version$python, place$version$executable, place$where
    ))
  } else {
    c(x = paste("route process:", place$found))
  })
  running <- is_running()
  here <- running && is_running_with_mbembed()
  said <- c(said, if (here) {
    c(v = sprintf("route reticulate: runs %s in this session, with mbembed", reticulate::py_config()$python))
  } else if (running) {
    c("!" = sprintf("route reticulate: runs %s in this session, without mbembed", reticulate::py_config()$python))
  } else if (rlang::is_installed("reticulate", version = "1.28")) {
    c(i = "route reticulate: installed, no Python runs in this session")
  } else {
    c(i = "route reticulate: reticulate 1.28 or newer is not installed, and not needed")
  })
  route <- if (here) "reticulate" else if (found) "process" else NA_character_
  said <- c(said, if (is.na(route)) {
    c("!" = "embed_samples() cannot work yet", i = place$hint)
  } else {
    c(i = sprintf("engine = \"auto\" takes: %s", route))
  })
  rlang::inform(said, class = "mbembed_message")
  invisible(list(
    route = route,
    python = if (found) place$version$executable else NA_character_,
    version = if (found) place$version$mbembed else NA_character_,
    reticulate = if (running) reticulate::py_config()$python else NA_character_
  ))
}

#' Install the Python package
#'
#' Makes a virtual environment `r-mbembed`, where [embed_samples()] finds it, and installs mbembed into it.
#' Asks first; needs Python 3.11 or newer and its `venv`.
#'
#' @param source What `pip install` gets: a checkout of mbembed, a wheel, or an address such as
#'   `"git+https://..."`. There is no default: install from where you have mbembed.
#' @param python A Python that is 3.11 or newer, with which the environment is made.
#' @param folder Where the environment is made.
#' @param ask Ask before anything is written. `FALSE` is for scripts.
#' @return The path of the new Python, invisibly.
#' @export
#' @examples
#' \dontrun{
#' install_mbembed("path/to/mbembed")
#' }
install_mbembed <- function(source, python = Sys.which("python3"), folder = environment_folder(), ask = TRUE) {
  if (missing(source) || !has_text(source)) {
    abort(
      "usage", "it is not stated where mbembed is installed from", "a checkout, a wheel or an address for pip",
      "install_mbembed(\"path/to/mbembed\")"
    )
  }
  python <- unname(python)
  if (!has_text(python)) {
    abort(
      "no_python", "there is no python3 on the PATH", "Python 3.11 or newer",
      "install_mbembed(source, python = \"/path/to/python3\")"
    )
  }
  if (ask) {
    question <- sprintf(
      "Make the virtual environment %s with %s, and install mbembed from %s into it?", folder, python, source
    )
    if (!interactive()) {
      abort("usage", "nothing was installed: nobody can be asked here", "a session with somebody in it", "ask = FALSE")
    }
    if (!isTRUE(utils::askYesNo(question, default = FALSE))) {
      inform(c(i = "Nothing was installed."))
      return(invisible(NULL))
    }
  }
  if (file.exists(source)) source <- full_path(source)
  run_step(c(python, "-m", "venv", folder), "the virtual environment could not be made", "apt-get install python3-venv")
  made <- environment_python(folder)
  run_step(
    c(made, "-m", "pip", "install", "--disable-pip-version-check", source),
    "mbembed could not be installed", "look at what pip says above"
  )
  the$probes <- list()
  inform(c(v = sprintf("Installed mbembed: %s", made)))
  invisible(made)
}

run_step <- function(command, found, hint) {
  status <- run_clean(command, "", stdout = "")
  if (status != 0) abort("install", sprintf("%s (%s)", found, paste(command, collapse = " ")), "status 0", hint)
}
