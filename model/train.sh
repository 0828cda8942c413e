#!/bin/sh
# Makes the embedded default model again: model/train.sh CORPUS WORK
#
# CORPUS holds profiles.biom and metadata.tsv of the training data (see MODEL_CARD.md).
# WORK is a folder to work in; the model appears there as units-cmd3. It takes half an hour on one thread: the
# network, and five more without a fifth of the studies each, which only say how well unseen samples are predicted.
# Then replace the files here by those in WORK/units-cmd3.
#
# The weights here are those that mbembed 0.2.0 made with the first two commands. Later versions add up in another
# order, so that their readout differs in the last digit (by 3e-11). The third command leaves the weights that lie here
# as they are, and adds the decoder and the statistics, so that vectors stay the same from version to version.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
corpus=$(cd "$1" && pwd)
mkdir -p "$2"
cd "$2"
ln -sf "$corpus/profiles.biom" "$corpus/metadata.tsv" .
cp "$here/evaluation.md" .
mbembed pretrain profiles.biom -o stage1 --metadata metadata.tsv --group study \
    --loss hurdle --bottleneck 0 --columns units --closure classified \
    --validation-fraction 0 --epochs 100 --seed 0 --threads 1 \
    --calibration-folds 5 \
    --corpus "curatedMetagenomicData 3 (Pasolli et al. 2017), human gut, MetaPhlAn 3, from waldronlab/curatedMetagenomicAnalyses (CC BY 4.0)" \
    --licence Apache-2.0 \
    --citation "Zahavi, Levine & Segal 2025 (method); Pasolli et al. 2017, Nature Methods 14:1023 (data)"
mbembed readout stage1 profiles.biom -o readout --metadata metadata.tsv --group study \
    --labels age bmi sex condition --controls control healthy --subject subject \
    --name units-cmd3 --notes evaluation.md
rm -rf shipped && cp -R "$here" shipped
mbembed calibrate shipped profiles.biom -o units-cmd3 --pretrained stage1 --metadata metadata.tsv --group study \
    --map-columns age_category non_westernized country condition --notes evaluation.md
