"""Does the embedding help when labels are few? The protocol behind ``model/evaluation.md``.

``python -m benchmarks.few_labels CORPUS_DIR`` prints its tables. In words:

1. The scored studies (:data:`benchmarks.few_labels.tasks.TASKS`) are dealt into folds. For each
   fold, models are pre-trained on every study of the corpus that is not in it, and the columns
   of the plain representations are chosen there: what is scored was never seen.
2. In a scored study, n samples are drawn as the labelled ones; a linear head is fitted on them
   and scored on all others of the same study. Every representation gets the same draws.
3. The score is the AUC for cases against controls, Pearson's r for age and BMI: the mean over
   draws, then over studies. Differences are paired by study.

Repeated samples of one person are left as they are, and decided by study: those in a study that
is trained on all stay in training; a study to be scored must have one sample per person, or the
run stops, since a draw could put one person on both sides.
"""
