"""Does the representation help? The protocol behind ``docs/evidence.md`` and the model card.

``python -m benchmarks.representation CORPUS_DIR`` prints its tables. In words:

1. The studies are dealt into four folds *by disease* (:data:`benchmarks.representation.tasks.FOLDS`).
   For each fold, models are pre-trained on every study of the corpus that is not in it. Labels of
   the diseases that are scored are hidden from supervised readouts in *all* studies.
2. Few labels: in a scored study, n samples are drawn as the labelled ones; a head is fitted on
   them and scored on the others of the same study. All labels: cross-validation within the study.
   Across studies: trained on eight studies of colorectal cancer, scored within the ninth.
3. Every representation gets the same splits. The score is the AUC for cases against controls,
   Pearson's r for age and body mass index: the mean over splits, then over tasks. Differences are
   paired by task, and their intervals resample studies.

Splits, heads and metrics are those of ``mbembed evaluate`` (:mod:`mbembed.evaluation`).
"""
