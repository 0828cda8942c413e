library(testthat)
library(mbembed)

test_check("mbembed")
