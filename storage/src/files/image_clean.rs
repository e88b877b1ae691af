//! Pictures are decoded and written anew: no metadata, no second file in the tail, no huge canvas survives.
//!
//! Colours are taken as sRGB; an embedded profile goes with the rest of the metadata.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{
    ColorType, DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, Rgba, RgbaImage,
};

use super::error::{MediaError, shielded};
use super::format::MediaFormat;
use super::jpeg_scan;

/// Pixels a side may have.
pub const MAX_SIDE: u32 = 12_000;
/// Pixels a picture may have.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Bytes a decoder may take for its pixels.
const MAX_DECODED: u64 = 256 * 1024 * 1024;
/// Passes a JPEG may want; encoders write about 10, a file of thousands keeps a core busy for minutes.
const MAX_SCANS: usize = 100;
/// Longer side of what is kept, in pixels: enough to read a meter or a notice, a few hundred KB.
pub const KEPT_SIDE: u32 = 2_048;
/// Side of a person's picture, in pixels: sharp on a tile of a wall, some 20 KB.
pub const PORTRAIT_SIDE: u32 = 320;
const JPEG_QUALITY: u8 = 82;

/// A picture fit to be kept.
#[derive(Debug, Clone)]
pub struct CleanImage {
    /// JPEG or PNG.
    pub bytes: Bytes,
    /// [`MediaFormat::Png`] when something in it is transparent, otherwise [`MediaFormat::Jpeg`].
    pub format: MediaFormat,
    /// Pixels across, after turning.
    pub width: u32,
    /// Pixels down, after turning.
    pub height: u32,
}

/// Decodes a picture of `format`, turns it as its EXIF orientation says, shrinks it to [`KEPT_SIDE`] and writes it
/// anew. Takes up to some hundred MB and about a second at the limits; not for an async thread.
///
/// # Errors
/// [`MediaError::Bomb`] from the header alone, [`MediaError::Corrupt`] for a damaged or cut-off file,
/// [`MediaError::Unsupported`] when `format` is no picture.
pub fn clean(bytes: &[u8], format: MediaFormat) -> Result<CleanImage, MediaError> {
    let container = container_of(format)?;
    shielded(|| encode(shrink_and_turn(decode(bytes, container)?)))
}

/// As [`clean`], and cut to its middle square of [`PORTRAIT_SIDE`], always a JPEG: what was transparent becomes white.
///
/// # Errors
/// Those of [`clean`].
pub fn portrait(bytes: &[u8], format: MediaFormat) -> Result<CleanImage, MediaError> {
    let container = container_of(format)?;
    shielded(|| {
        let whole = shrink_and_turn(decode(bytes, container)?);
        let square = whole.resize_to_fill(PORTRAIT_SIDE, PORTRAIT_SIDE, FilterType::CatmullRom).into_rgba8();
        let mut paper = RgbaImage::from_pixel(PORTRAIT_SIDE, PORTRAIT_SIDE, Rgba([u8::MAX; 4]));
        image::imageops::overlay(&mut paper, &square, 0, 0);
        encode(DynamicImage::ImageRgba8(paper))
    })
}

fn container_of(format: MediaFormat) -> Result<ImageFormat, MediaError> {
    match format {
        MediaFormat::Jpeg => Ok(ImageFormat::Jpeg),
        MediaFormat::Png => Ok(ImageFormat::Png),
        MediaFormat::WebP => Ok(ImageFormat::WebP),
        other => Err(MediaError::Unsupported { seen: other.media_type() }),
    }
}

/// A decoded picture and how it is to be turned. Shrinking comes first: it leaves less to turn.
struct Decoded {
    image: DynamicImage,
    orientation: image::metadata::Orientation,
}

fn decode(bytes: &[u8], container: ImageFormat) -> Result<Decoded, MediaError> {
    if let Some((width, height)) = png_size(bytes, container) {
        // Before the decoder sees the header: it takes memory for a row at once.
        refuse_huge(width, height)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), container);
    // The side limits of the decoder are left open: our own check below knows the size it refuses.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error, (0, 0)))?;
    let (width, height) = decoder.dimensions();
    refuse_huge(width, height)?;
    let bomb = |what| Err(MediaError::Bomb { width, height, what });
    if decoder.total_bytes() > MAX_DECODED {
        return bomb("too many bytes per pixel");
    }
    if container == ImageFormat::Jpeg {
        let outline = jpeg_scan::outline(bytes);
        if outline.scans > MAX_SCANS {
            return bomb("too many passes");
        }
        if !outline.is_complete {
            return Err(MediaError::Corrupt { what: "the picture is cut off" });
        }
    }
    // A broken orientation is not worth losing the photo.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, (width, height)))?;
    Ok(Decoded { image, orientation })
}

fn refuse_huge(width: u32, height: u32) -> Result<(), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::Corrupt { what: "the picture has no pixels" });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(MediaError::Bomb { width, height, what: "a side is too long" });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(MediaError::Bomb { width, height, what: "too many pixels" });
    }
    Ok(())
}

/// Width and height at their fixed place in the first chunk. In the other formats a side has 16 bits at most.
fn png_size(bytes: &[u8], container: ImageFormat) -> Option<(u32, u32)> {
    let side = |offset: usize| bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_be_bytes(*chunk));
    (container == ImageFormat::Png).then(|| side(16).zip(side(20))).flatten()
}

fn shrink_and_turn(decoded: Decoded) -> DynamicImage {
    let Decoded { mut image, orientation } = decoded;
    if image.width().max(image.height()) > 2 * KEPT_SIDE {
        // Averaging whole blocks first bounds what the better filter needs: it keeps 16 bytes per pixel.
        image = image.thumbnail(2 * KEPT_SIDE, 2 * KEPT_SIDE);
    }
    if image.width().max(image.height()) > KEPT_SIDE {
        image = image.resize(KEPT_SIDE, KEPT_SIDE, FilterType::CatmullRom);
    }
    image.apply_orientation(orientation);
    image
}

fn encode(image: DynamicImage) -> Result<CleanImage, MediaError> {
    let (width, height) = (image.width(), image.height());
    let mut bytes = Vec::new();
    let has_alpha = image.color().has_alpha();
    let rgba = has_alpha.then(|| image.to_rgba8());
    let see_through = rgba.filter(|pixels| pixels.pixels().any(|pixel| pixel.0[3] != u8::MAX));
    let (format, written) = if let Some(pixels) = see_through {
        (MediaFormat::Png, pixels.write_with_encoder(PngEncoder::new(&mut bytes)))
    } else {
        let opaque = match image.color() {
            ColorType::L8 | ColorType::L16 => DynamicImage::ImageLuma8(image.into_luma8()),
            _ => DynamicImage::ImageRgb8(image.into_rgb8()),
        };
        (MediaFormat::Jpeg, opaque.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)))
    };
    written.map_err(|error| refusal(&error, (width, height)))?;
    Ok(CleanImage { bytes: bytes.into(), format, width, height })
}

fn refusal(error: &ImageError, (width, height): (u32, u32)) -> MediaError {
    match error {
        ImageError::Limits(_) => MediaError::Bomb { width, height, what: "the decoder needs too much memory" },
        ImageError::Unsupported(_) => MediaError::Corrupt { what: "the picture uses a variant that is not supported" },
        ImageError::Decoding(_) | ImageError::IoError(_) => MediaError::Corrupt { what: "the picture is damaged" },
        ImageError::Encoding(_) | ImageError::Parameter(_) => {
            MediaError::Corrupt { what: "the picture cannot be written anew" }
        }
    }
}

#[cfg(test)]
mod tests;
