#!/bin/sh
# Makes the embedded default model again: model/train.sh CORPUS WORK
#
# CORPUS holds profiles.biom and metadata.tsv of the training data (see MODEL_CARD.md).
# WORK is a folder to work in; the model appears there as mae-cmd3.
# Then replace the files here by those in WORK/mae-cmd3.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
corpus=$(cd "$1" && pwd)
mkdir -p "$2"
cd "$2"
ln -sf "$corpus/profiles.biom" "$corpus/metadata.tsv" .
cp "$here/evaluation.md" .
mbembed pretrain profiles.biom -o mae-cmd3 --metadata metadata.tsv --group study \
    --loss hurdle --embedding hidden --closure classified --validation-fraction 0 --seed 0 --threads 2 \
    --corpus "curatedMetagenomicData 3 (Pasolli et al. 2017), human gut, MetaPhlAn 3, from waldronlab/curatedMetagenomicAnalyses (CC BY 4.0)" \
    --nomenclature "NCBI species names as MetaPhlAn 3 (mpa_v30) writes them" \
    --licence Apache-2.0 \
    --citation "Zahavi, Levine & Segal 2025 (method); Pasolli et al. 2017, Nature Methods 14:1023 (data)" \
    --notes evaluation.md
