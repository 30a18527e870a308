"""Times metrics of Quantus 0.6.0 on SqueezeNet 1.1 (random weights) and one picture, with as many model evaluations as bench/quality.mjs asks for.
python bench/qualityPeer.py THREADS PICTURE"""
import json
import sys
import time
import warnings

import numpy as np
import torch
import torchvision
from PIL import Image

warnings.filterwarnings("ignore")
import quantus  # noqa: E402

torch.manual_seed(0)
torch.set_num_threads(int(sys.argv[1]))
model = torchvision.models.squeezenet1_1(weights=None).eval()
picture = Image.open(sys.argv[2]).convert("RGB").resize((224, 224))
pixels = (np.asarray(picture, np.float32) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
x = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None].astype(np.float32))
y = np.array([7])
t = torch.from_numpy(x).requires_grad_()
model(t)[0, 7].backward()
a = t.grad.numpy()
FEATURES = x.size
STEP = 3136  # 48 steps
quiet = dict(disable_warnings=True, display_progressbar=False, abs=False, normalise=False)
metrics = {
    "faithfulness-correlation": quantus.FaithfulnessCorrelation(nr_runs=100, subset_size=FEATURES // 4, **quiet),
    "faithfulness-estimate": quantus.FaithfulnessEstimate(features_in_step=STEP, **quiet),
    "monotonicity": quantus.Monotonicity(features_in_step=STEP, **quiet),
    "monotonicity-correlation": quantus.MonotonicityCorrelation(nr_samples=10, features_in_step=STEP, **quiet),
    "pixel-flipping": quantus.PixelFlipping(features_in_step=1568, **quiet),
    "region-perturbation": quantus.RegionPerturbation(patch_size=8, regions_evaluation=100, **quiet),
    "selectivity": quantus.Selectivity(patch_size=28, **quiet),
    "irof": quantus.IROF(segmentation_method="slic", **quiet),
    "infidelity": quantus.Infidelity(perturb_patch_sizes=[28], n_perturb_samples=2, **quiet),
    "road": quantus.ROAD(percentages=list(range(10, 100, 10)), **quiet),
}
found = {}
for name, metric in metrics.items():
    times = []
    for _ in range(2):
        start = time.perf_counter()
        try:
            metric(model=model, x_batch=x.copy(), y_batch=y, a_batch=(a.sum(1, keepdims=True) if name == "road" else a.copy()), device="cpu")
        except Exception as error:  # a metric that fails has no time
            found[name] = str(error)[:100]
            break
        times.append(time.perf_counter() - start)
    else:
        found[name] = min(times)
print(json.dumps({"torch": torch.__version__, "quantus": "0.6.0", "seconds": found}))
