# The two routes to Python: in this process through reticulate, or a process of its own. One result.

# Version of the exchange, as in mbembed/bridge/session.py.
protocol <- 2L
python_module <- "mbembed.bridge.session"
engines <- c("auto", "reticulate", "process")
# What R sets for itself and another Python must not see: it would load R's libraries, or another's modules.
disturbing_variables <- c("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
# Lines of Python's own words that an error shows.
shown_lines <- 5L

# Asks Python for something; gives `result` (parsed JSON), `parts` (raw vectors) and `route`.
ask <- function(do, table = NULL, ..., engine = "auto", device = "cpu", quiet = FALSE) {
  request <- list(protocol = protocol, do = do, table = table$meta, ...)
  route <- choose_route(engine, device, quiet)
  text <- enc2utf8(as.character(jsonlite::toJSON(
    request[!vapply(request, is.null, TRUE)],
    auto_unbox = TRUE, null = "null", na = "null", digits = I(17)
  )))
  answer <- if (route$name == "reticulate") {
    ask_here(text, table$parts %||% list())
  } else {
    ask_process(route$command, text, table$parts %||% list())
  }
  content <- jsonlite::fromJSON(answer[[1]], simplifyDataFrame = FALSE, simplifyMatrix = FALSE)
  if (!is.null(content$error)) abort_python(content$error)
  list(result = content$result, parts = answer[-1], route = route$name)
}

ask_here <- function(text, parts) {
  session <- reticulate::import(python_module, convert = FALSE)
  answer <- session$answer(text, unname(parts))
  lapply(seq_len(reticulate::py_len(answer)) - 1L, function(i) {
    reticulate::py_to_r(reticulate::py_get_item(answer, i))
  })
}

ask_process <- function(command, text, parts) {
  folder <- tempfile("mbembed-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  writeBin(charToRaw(text), file.path(folder, "request.json"))
  for (i in seq_along(parts)) writeBin(parts[[i]], file.path(folder, paste0("request.", i)))
  said <- file.path(folder, "stderr")
  status <- run_clean(c(command, "exchange", folder), said)
  answered <- file.path(folder, "answer.json")
  if (!file.exists(answered)) {
    words <- utils::tail(readLines(said, warn = FALSE), shown_lines)
    abort(
      "process",
      sprintf("%s ended with status %s without an answer", paste(command, collapse = " "), status),
      "a Python with mbembed of the same age as the R package",
      "mbembed_sitrep() shows which Python was used",
      said = words
    )
  }
  n_parts <- length(list.files(folder, pattern = "^answer[.][0-9]+$"))
  c(list(read_text(answered)), lapply(seq_len(n_parts), function(i) read_raw(file.path(folder, paste0("answer.", i)))))
}

# Runs a command in an environment without what R added to it; `said` gets its stderr ("" shows it as it comes).
run_clean <- function(command, said, stdout = FALSE) {
  kept <- Sys.getenv(disturbing_variables, unset = NA, names = TRUE)
  kept <- kept[!is.na(kept)]
  Sys.unsetenv(disturbing_variables)
  if (length(kept)) on.exit(do.call(Sys.setenv, as.list(kept)))
  status <- suppressWarnings(system2(command[1], shQuote(command[-1]), stdout = stdout, stderr = said))
  if (identical(status, 130L)) rlang::interrupt()
  status
}

# Runs a command likewise, and hands over each line that it says as it comes; gives all of them (`said`) and `status`.
run_lines <- function(command, on_line) {
  kept <- Sys.getenv(disturbing_variables, unset = NA, names = TRUE)
  kept <- kept[!is.na(kept)]
  Sys.unsetenv(disturbing_variables)
  if (length(kept)) on.exit(do.call(Sys.setenv, as.list(kept)))
  pipe <- pipe(paste(paste(shQuote(command), collapse = " "), "2>&1"), open = "r", encoding = "UTF-8")
  on.exit(if (!is.null(pipe)) close(pipe), add = TRUE)
  said <- character()
  while (length(line <- readLines(pipe, n = 1, warn = FALSE))) {
    said <- c(said, line)
    on_line(line)
  }
  status <- close(pipe)
  pipe <- NULL
  list(said = said, status = status %||% 0L)
}

read_raw <- function(path) readBin(path, "raw", file.size(path))

read_text <- function(path) {
  text <- rawToChar(read_raw(path))
  Encoding(text) <- "UTF-8"
  text
}

# Picks the route: a list with `name`, and for a process its `command`.
choose_route <- function(engine, device, quiet) {
  if (engine == "auto" && is_running() && device == "cpu") {
    if (is_running_with_mbembed()) {
      return(list(name = "reticulate"))
    }
    inform_once(
      "reticulate runs a Python without mbembed in this session; mbembed runs in a process of its own instead.", quiet
    )
  }
  if (engine == "reticulate") {
    if (device != "cpu") {
      abort(
        "usage", "device = \"cuda\" needs torch, which must not be loaded into R: it would compute with R's own BLAS",
        "engine = \"process\"", "engine = \"process\", device = \"cuda\""
      )
    }
    start_reticulate()
    return(list(name = "reticulate"))
  }
  list(name = "process", command = find_python()$command)
}

# Whether reticulate has started a Python in this session; never starts one.
is_running <- function() "reticulate" %in% loadedNamespaces() && reticulate::py_available(initialize = FALSE)

is_running_with_mbembed <- function() {
  tryCatch(reticulate::py_module_available(python_module), error = function(e) FALSE)
}

start_reticulate <- function() {
  if (!rlang::is_installed("reticulate", version = "1.28")) {
    abort(
      "no_reticulate", "engine = \"reticulate\" was asked for, but reticulate is not installed",
      "reticulate 1.28 or newer", "install.packages(\"reticulate\"), or engine = \"process\""
    )
  }
  if (!is_running()) {
    python <- find_python()$version$executable
    tryCatch(
      {
        reticulate::use_python(python, required = TRUE)
        reticulate::py_available(initialize = TRUE)
      },
      error = function(e) {
        abort(
          "reticulate", sprintf("reticulate cannot start %s: %s", python, conditionMessage(e)),
          "a Python with a shared library (--enable-shared)", "engine = \"process\", which needs none"
        )
      }
    )
  }
  if (!is_running_with_mbembed()) {
    abort(
      "reticulate",
      sprintf("reticulate runs %s in this session, which has no mbembed", reticulate::py_config()$python),
      "a Python with mbembed, named before reticulate starts",
      "engine = \"process\"; or restart R and set RETICULATE_PYTHON first"
    )
  }
}
