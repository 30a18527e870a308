"""Writes the reference files beside it with the libraries that others use; see README.md. Run: python make.py"""

import io, struct, sys, zipfile, zlib
from pathlib import Path

import numpy as np
import scipy
import scipy.ndimage
import torch
import torchvision
import torchvision.transforms as T
import PIL
import PIL.ImageOps
from PIL import Image

HERE = Path(__file__).parent
print(f"numpy {np.__version__}, Pillow {PIL.__version__}, scipy {scipy.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}")


# --- .npy: element i (row-major) is i - 3 for numbers, i % 2 for truth values ---------------------------------
def numpy_files():
    out = HERE / "numpy"
    for code in "b1 i1 u1 i2 u2 i4 u4 i8 u8 f2 f4 f8".split():
        for order in "<>":
            for layout in "CF":
                shape = (2, 3, 4)
                values = np.arange(24) % 2 if code == "b1" else np.arange(24) if code[0] == "u" else np.arange(24) - 3
                array = np.asarray(values.reshape(shape).astype(order + code), order=layout)
                if order == ">" and array.itemsize == 1:
                    continue
                np.save(out / f"{'big' if order == '>' else 'little'}-{layout}-{code}.npy", array)
    for version in (1, 2, 3):
        with open(out / f"version{version}.npy", "wb") as f:
            np.lib.format.write_array(f, np.arange(24, dtype="<f4").reshape(2, 3, 4) - 3, version=(version, 0))
    np.save(out / "scalar.npy", np.float64(2.5))
    np.save(out / "empty.npy", np.zeros((0, 3), "<f4"))
    words = [["tench", "", "é"], ["日本", "🙂x", "a\0b"]]
    np.save(out / "unicode.npy", np.array(words))
    np.save(out / "unicode-big.npy", np.array(words).astype(">U5"))
    np.save(out / "bytes.npy", np.array([[w.encode() for w in row] for row in words]))
    np.save(out / "objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(out / "records.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.save(out / "complex.npy", np.zeros(2, "<c8"))
    np.save(out / "dates.npy", np.zeros(2, "<M8[ns]"))
    np.savez(out / "stored.npz", a=np.arange(6.0).reshape(2, 3), b=np.array([True, False]))
    np.savez_compressed(out / "packed.npz", a=np.arange(6.0).reshape(2, 3), b=np.array([True, False]))


# --- resizing and blurring: one noise picture, many outputs ---------------------------------------------------
def arrays():
    rng = np.random.default_rng(7)
    noise = rng.random((23, 31), dtype=np.float32)
    result = {"noise": noise}
    filters = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
    for name, how in filters.items():
        for w, h in ((13, 11), (47, 40), (31, 9), (7, 50)):
            result[f"pillow-{name}-{w}x{h}"] = np.asarray(Image.fromarray(noise, "F").resize((w, h), how))
    for name in ("bilinear", "bicubic"):
        for w, h in ((13, 11), (47, 40)):
            out = torch.nn.functional.interpolate(torch.tensor(noise)[None, None], size=(h, w), mode=name, antialias=False)
            result[f"torch-{name}-{w}x{h}"] = out[0, 0].numpy()
    x = rng.random((2, 9, 12))
    result["blurred"] = x
    for sigma in (0.4, 1.5, 6):
        result[f"scipy-{sigma}"] = scipy.ndimage.gaussian_filter(x, sigma=(0, sigma, sigma), mode="reflect", truncate=4)
    for name in ("cat", "dog"):
        image = Image.open(HERE / "../../../examples/pictures" / f"{name}.jpg").convert("RGB")
        for how in ("BILINEAR", "BICUBIC"):
            steps = T.Compose([
                T.Resize(256, interpolation=T.InterpolationMode[how]), T.CenterCrop(224), T.ToTensor(),
                T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
            # Every seventh pixel tells as much as all.
            result[f"torchvision-{name}-{how.lower()}"] = steps(image).numpy()[:, ::7, ::7]
    # In order of name, packed, without a date: the same files from every run.
    with zipfile.ZipFile(HERE / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as z:
        for key in sorted(result):
            buffer = io.BytesIO()
            np.save(buffer, np.ascontiguousarray(result[key]))
            z.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


# --- pictures: small files and what Pillow sees in them -------------------------------------------------------
W, H = 16, 12


def png(path, colour, depth, rows, width=W, height=H):
    """Pillow writes no 16-bit colour."""
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    raw = b"".join(b"\0" + row for row in rows)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def pictures():
    out = HERE / "pictures"
    expected = {}
    y, x = np.mgrid[0:H, 0:W]
    rgb = np.stack([x * 17, y * 23, (x * 7 + y * 11) % 256], -1).astype(np.uint8)
    grey = ((x * 16 + y * 3) % 256).astype(np.uint8)
    alpha = ((x * 20) % 256).astype(np.uint8)
    white = lambda v, a: v * a + (1 - a)

    def put(name, value):
        value = np.asarray(value, np.float32)
        expected[name] = value if value.ndim == 3 else value[:, :, None]

    Image.fromarray(grey).save(out / "grey.png"); put("grey.png", grey / 255)
    Image.fromarray(rgb).save(out / "rgb.png"); put("rgb.png", rgb / 255)
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(out / "greyAlpha.png")
    put("greyAlpha.png", white(grey / 255, alpha / 255))
    rgba = np.dstack([rgb, alpha])
    Image.fromarray(rgba, "RGBA").save(out / "rgba.png")
    put("rgba.png", white(rgb / 255, alpha[:, :, None] / 255))
    Image.fromarray(rgba, "RGBA").save(out / "rgba.webp", lossless=True, exact=True)
    expected["rgba.webp"] = expected["rgba.png"]
    Image.fromarray(grey > 100).save(out / "bits.png"); put("bits.png", grey > 100)
    palette = Image.fromarray(rgb).quantize(16)
    palette.save(out / "palette.png"); put("palette.png", np.asarray(palette.convert("RGB")) / 255)
    palette.save(out / "paletteAlpha.png", transparency=3)
    seen = np.asarray(Image.open(out / "paletteAlpha.png").convert("RGBA")) / 255
    put("paletteAlpha.png", white(seen[:, :, :3], seen[:, :, 3:]))

    deep = np.stack([x * 4369, y * 5957, (x * 1000 + y * 2777) % 65536], -1).astype(">u2")
    deep_alpha = ((x * 4369)).astype(">u2")
    png(out / "grey16.png", 0, 16, [r.tobytes() for r in deep[:, :, 2]]); put("grey16.png", deep[:, :, 2] / 65535)
    png(out / "rgb16.png", 2, 16, [r.tobytes() for r in deep]); put("rgb16.png", deep / 65535)
    ga = np.dstack([deep[:, :, 2], deep_alpha]).astype(">u2")
    png(out / "greyAlpha16.png", 4, 16, [r.tobytes() for r in ga]); put("greyAlpha16.png", white(ga[:, :, 0] / 65535, ga[:, :, 1] / 65535))
    rgba16 = np.dstack([deep, deep_alpha]).astype(">u2")
    png(out / "rgba16.png", 6, 16, [r.tobytes() for r in rgba16])
    put("rgba16.png", white(rgba16[:, :, :3] / 65535, rgba16[:, :, 3:] / 65535))

    Image.fromarray(rgb).save(out / "rgb.tiff", compression="tiff_lzw"); put("rgb.tiff", rgb / 255)
    Image.fromarray(deep[:, :, 2].astype("<u2")).save(out / "grey16.tiff"); put("grey16.tiff", deep[:, :, 2] / 65535)
    Image.fromarray(grey.astype(np.float32)).save(out / "float.tiff")

    smooth = np.stack([60 + x * 8, 80 + y * 9, 200 - x * 4 - y * 3], -1).astype(np.uint8)
    photo = Image.fromarray(smooth)
    for name, options in {"photo.jpg": {"quality": 92}, "fine.jpg": {"quality": 95, "subsampling": 0}, "progressive.jpg": {"progressive": True}}.items():
        photo.save(out / name, **options); put(name, np.asarray(Image.open(out / name)) / 255)
    photo.convert("L").save(out / "grey.jpg"); put("grey.jpg", np.asarray(Image.open(out / "grey.jpg")) / 255)
    photo.convert("CMYK").save(out / "cmyk.jpg", quality=95); put("cmyk.jpg", smooth / 255)
    photo.save(out / "photo.webp", quality=90); put("photo.webp", np.asarray(Image.open(out / "photo.webp").convert("RGB")) / 255)

    for orientation in range(1, 9):
        exif = Image.Exif(); exif[0x0112] = orientation
        path = out / f"turned{orientation}.jpg"
        photo.save(path, quality=95, subsampling=0, exif=exif)
        put(path.name, np.asarray(PIL.ImageOps.exif_transpose(Image.open(path))) / 255)

    frames = [Image.fromarray(np.full((H, W, 3), v, np.uint8)) for v in (51, 204)]
    frames[0].save(out / "moving.webp", save_all=True, append_images=frames[1:], lossless=True); put("moving.webp", np.full((H, W, 3), 0.2))
    frames[0].save(out / "moving.gif", save_all=True, append_images=frames[1:]); put("moving.gif", np.full((H, W, 3), 0.2))

    frames[0].save(out / "pages.tiff", save_all=True, append_images=frames[1:], compression="tiff_lzw"); put("pages.tiff", np.full((H, W, 3), 0.2))
    photo.save(out / "photo.avif", quality=90, subsampling="4:4:4", max_threads=1); put("photo.avif", np.asarray(Image.open(out / "photo.avif").convert("RGB")) / 255)

    # A header that claims 900 million pixels, and next to nothing behind it.
    png(out / "huge.png", 2, 8, [b""], 30000, 30000)
    png(out / "short.png", 2, 8, [rgb[0].tobytes()])
    (out / "cut.jpg").write_bytes((out / "photo.jpg").read_bytes()[:-120])

    with zipfile.ZipFile(HERE / "pictures.npz", "w", zipfile.ZIP_DEFLATED) as z:
        for key in sorted(expected):
            buffer = io.BytesIO()
            np.save(buffer, np.ascontiguousarray(expected[key]))
            z.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)


numpy_files()
arrays()
pictures()
