"""Makes searches for hotels, trains a ranker on them, and writes examples/ranking/hotel_ranker.onnx and examples/tables/hotels.csv.

The data are made up, with a known truth: people like a high rating, a low price and a short way, stars a little, and breakfast only where the price is low;
the number of photos and whether there is a pool say nothing. A hotel's grade in its search is which fifth it comes in.

python make.py ROOT; packages: lightgbm 4.7, onnxmltools 1.16, onnx 1.23, numpy 2.
"""

import csv
import pathlib
import sys

import lightgbm
import numpy as np
import onnx
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "trees"))
from covers import lightgbm_covers, with_covers  # noqa: E402

FEATURES = ["price", "stars", "rating", "reviews", "distance", "breakfast", "pool", "photos"]
SEARCHES, SHOWN = 600, 40
rng = np.random.default_rng(7)


def search():
    count = int(rng.integers(8, 15))
    level = rng.lognormal(4.6, 0.3)
    stars = rng.integers(1, 6, count)
    price = np.round(level * (0.6 + 0.15 * stars) * rng.lognormal(0, 0.25, count))
    rating = np.round(np.clip(rng.normal(6.2 + 0.35 * stars, 1.0), 1, 10), 1)
    reviews = np.round(rng.lognormal(5, 1.2, count))
    distance = np.round(rng.gamma(2, 1.5, count), 1)
    breakfast, pool = rng.integers(0, 2, count), rng.integers(0, 2, count)
    photos = rng.integers(3, 60, count)
    rows = np.stack([price, stars, rating, reviews, distance, breakfast, pool, photos], 1).astype(np.float64)
    liked = 1.1 * rating - 2.5 * np.log(price / 100) - 0.45 * distance + 0.25 * stars + 1.2 * breakfast * (price < 110) + 0.1 * np.log(reviews)
    liked = liked + rng.normal(0, 0.5, count)
    return rows, np.floor(5 * np.argsort(np.argsort(liked)) / count).astype(int)


def told(name, value):
    return ("no", "yes")[int(value)] if name in ("breakfast", "pool") else f"{value:g}"


def main(root):
    searches = [search() for _ in range(SEARCHES)]
    train, shown = searches[:-SHOWN], searches[-SHOWN:]
    x, y = np.concatenate([rows for rows, _ in train]), np.concatenate([grades for _, grades in train])
    ranker = lightgbm.LGBMRanker(
        objective="lambdarank", n_estimators=60, num_leaves=12, learning_rate=0.1, min_child_samples=20, seed=7, deterministic=True, force_row_wise=True
    )
    ranker.fit(x.astype(np.float32), y, group=[len(rows) for rows, _ in train])
    # The converter knows sums of trees by this name; the sums are the same.
    text = ranker.booster_.model_to_string().replace("objective=lambdarank", "objective=regression")
    booster = lightgbm.Booster(model_str=text)
    model = onnxmltools.convert_lightgbm(booster, initial_types=[("hotel", FloatTensorType([None, len(FEATURES)]))], target_opset=15)
    model.graph.name = "hotel_ranker"
    model = with_covers(model, lightgbm_covers(ranker))
    onnx.save(model, root / "examples/ranking/hotel_ranker.onnx")
    with open(root / "examples/tables/hotels.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["search", "hotel", *FEATURES, "grade"])
        for number, (rows, grades) in enumerate(shown):
            for at, (row, grade) in enumerate(zip(rows, grades)):
                out.writerow([number, f"{number}-{chr(65 + at)}", *(told(name, value) for name, value in zip(FEATURES, row)), grade])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
