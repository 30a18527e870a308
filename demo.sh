#!/bin/sh
# Sets up and runs the main job: why does SqueezeNet call this a Pomeranian? Ends with pictures and a report in out/.
set -eu
cd "$(dirname "$0")"
command -v node >/dev/null || { echo 'Vitrine needs Node.js 20.19 or later: https://nodejs.org' >&2; exit 1; }
[ -d node_modules ] || npm ci --no-audit --no-fund
npx tsc -b
npx vitrine explain models/squeezenet1.1.onnx \
  --input examples/pictures/dog.jpg --labels models/imagenet-labels.json \
  --method grad-cam,integrated-gradients --save out --report out/why.html
echo "Open out/why.html in a browser."
