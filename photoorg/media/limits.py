"""How much a hostile or gigantic file may cost before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from photoorg.core.errors import MediaTooLarge


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that are checked before anything is unpacked.

    Attributes:
        max_bytes: size of a file on disk.
        max_pixels: width times height. The default lets a 200-megapixel phone's 16,384 x 12,288
            through; unpacked that takes about 0.8 GB.
    """

    max_bytes: int = 512 * 2**20
    max_pixels: int = 220_000_000

    def check_bytes(self, size: int) -> None:
        """Refuse a file that is too long.

        Raises:
            MediaTooLarge: `size` is over the limit.
        """
        if size > self.max_bytes:
            raise MediaTooLarge(
                f"The file is larger ({size / 2**20:,.0f} MB) than photoorg reads"
                f" ({self.max_bytes / 2**20:,.0f} MB)."
            )

    def check_pixels(self, width: int, height: int) -> None:
        """Refuse a picture that would unpack to too much.

        Raises:
            MediaTooLarge: `width` times `height` is over the limit.
        """
        if width * height > self.max_pixels:
            raise MediaTooLarge(
                f"The picture claims {width:,} × {height:,} pixels, more than photoorg unpacks"
                f" ({self.max_pixels / 1e6:,.0f} megapixels)."
            )


DEFAULT_LIMITS = Limits()
