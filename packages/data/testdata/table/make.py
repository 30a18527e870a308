# Writes the binary files of this folder: python make.py, with pyarrow 26.0.1. Text files are as they came, see ORIGIN.txt.
import datetime as dt
import decimal
import pathlib

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
people = pyarrow.csv.read_csv(here / "diabetes.csv")
pq.write_table(people, here / "diabetes.parquet", compression="zstd", row_group_size=200)
pq.write_table(people.slice(0, 40), here / "forty.parquet")


def write(name, table, kind=pa.ipc.new_file, **options):
    with pa.OSFile(str(here / name), "wb") as sink, kind(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=200)


write("diabetes.feather", people, compression="lz4")
kinds = pa.table(
    {
        "i8": pa.array([1, -2, None], pa.int8()),
        "u64": pa.array([1, 2**63, 3], pa.uint64()),
        "f16": pa.array([1.5, None, -0.25], pa.float16()),
        "decimal": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.50")], pa.decimal128(10, 2)),
        "list": pa.array([[1, 2], None, [3]]),
        "record": pa.array([{"a": 1, "b": "x"}, None, {"a": 2, "b": "y"}]),
        "day": pa.array([dt.date(2024, 1, 31), None, dt.date(1969, 12, 31)]),
        "time": pa.array([dt.datetime(2024, 1, 31, 12, 30), None, dt.datetime(1999, 1, 1)], pa.timestamp("us")),
        "view": pa.array(["short", "a text that is longer than twelve bytes", None], pa.string_view()),
        "large": pa.array(["ä", "", None], pa.large_string()),
        "yes": pa.array([True, None, False]),
        "nothing": pa.nulls(3),
        "word": pa.array(["x", "y", "x"]).dictionary_encode(),
        "last": pa.array([7, 8, 9]),
    }
)
write("kinds.arrow", kinds)
write("kinds.lz4.arrow", kinds, compression="lz4")
write("kinds.zstd.arrow", kinds, compression="zstd")
grows = [
    pa.record_batch({"c": pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(words))})
    for indices, words in [([0, 1], ["a", "b"]), ([2, 0], ["a", "b", "c"])]
]
with pa.OSFile(str(here / "grows.arrows"), "wb") as sink:
    with pa.ipc.new_stream(sink, grows[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)) as writer:
        for batch in grows:
            writer.write_batch(batch)
