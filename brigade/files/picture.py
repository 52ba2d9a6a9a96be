"""The operator's copy of a picture: decoded and written anew, so that nothing but pixels remains.

Run as a program of its own (``python -I picture.py SOURCE TARGET MAX_PIXELS``): decoders are the part of us that a
hostile file reaches first, so they work in a process that holds no token and dies when it takes too much. Exit codes:
0 done, 3 damaged, 4 too many pixels. Imports nothing of ours.
"""

import io
import resource
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence

DAMAGED, HUGE = 3, 4
_MEMORY = 2 * 2**30  # bytes of address space
_SECONDS = 30  # of CPU
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # Pillow itself finds the several pictures of an MPO behind JPEG
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "optimize": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 90, "method": 2},
    "GIF": {},
}


def main(source: str, target: str, max_pixels: str) -> int:
    """Write the copy; returns the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # our own limit, counted before anything is decoded
    try:
        return _copy(Path(source), Path(target), int(max_pixels))
    except MemoryError:
        return HUGE
    except Exception:  # noqa: BLE001 - decoders raise whatever they like for what they cannot read
        return DAMAGED


def _copy(source: Path, target: Path, max_pixels: int) -> int:
    with Image.open(source, formats=_FORMATS) as image:
        if image.width * image.height > max_pixels:
            return HUGE
        image.verify()
    with Image.open(source, formats=_FORMATS) as image:
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        frames = getattr(image, "n_frames", 1) if kind in ("GIF", "WEBP") else 1
        if image.width * image.height * frames > max_pixels:
            return HUGE
        first, *others = [_pixels(frame, kind) for frame in _frames(image, frames)]
        options = dict(_OPTIONS[kind])
        if others:
            duration = max(20, int(image.info.get("duration") or 100))
            options |= {"save_all": True, "append_images": others, "duration": duration, "loop": 0}
        first.save(target, kind, **options)
    return 0


def _frames(image: Image.Image, count: int) -> list[Image.Image]:
    return [frame.copy() for frame in ImageSequence.Iterator(image)] if count > 1 else [image]


def _pixels(image: Image.Image, kind: str) -> Image.Image:
    """Upright, in sRGB, with nothing attached."""
    profile = image.info.get("icc_profile")
    transparent = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits of grey, which ``convert`` would cut off instead of scaling
        upright = upright.convert("I").point(lambda level: level / 256).convert("L")
    flat = upright.convert("RGBA" if transparent and kind != "JPEG" else "RGB")
    if profile and image.mode in ("RGB", "RGBA"):
        flat = _in_srgb(flat, profile)
    bare = Image.new(flat.mode, flat.size)
    bare.paste(flat)
    return bare


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=image.mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # slightly wrong colours are better than no picture


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
