use std::time::Instant;

use image::{Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

/// Left half red, right half blue, so that turning shows.
fn photo(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| {
        if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }
    }))
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// An EXIF block (little endian) with an orientation and a GPS latitude reference and position.
fn exif(orientation: u16) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    let gps_at = 8 + 2 + 2 * 12 + 4_u32;
    let numbers_at = gps_at + 2 + 2 * 12 + 4;
    let orientation = entry(0x0112, 3, 1, [orientation.to_le_bytes()[0], 0, 0, 0]);
    let pointer = entry(0x8825, 4, 1, gps_at.to_le_bytes());
    let reference = entry(0x0001, 2, 2, *b"N\0\0\0");
    let latitude = entry(0x0002, 5, 3, numbers_at.to_le_bytes());
    let degrees: Vec<u8> = [24_u32, 1, 23, 1, 4567, 100].iter().flat_map(|number| number.to_le_bytes()).collect();
    [b"II*\0\x08\0\0\0\x02\0", &orientation[..], &pointer, &[0; 4], b"\x02\0", &reference, &latitude, &[0; 4], &degrees]
        .concat()
}

fn jpeg_with_exif(image: &DynamicImage, orientation: u16) -> Vec<u8> {
    let jpeg = written(image, ImageFormat::Jpeg);
    let block = [b"Exif\0\0", &exif(orientation)[..]].concat();
    let length = u16::try_from(block.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xFF\xE1", &length, &block, &jpeg[2..]].concat()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn decoded(image: &CleanImage) -> RgbaImage {
    image::load_from_memory(&image.bytes).unwrap().to_rgba8()
}

#[test]
fn exif_with_its_position_is_gone() {
    let bytes = jpeg_with_exif(&photo(64, 32), 1);
    assert!(holds(&bytes, b"Exif") && holds(&bytes, &4567_u32.to_le_bytes()));
    let clean = clean(&bytes, MediaFormat::Jpeg).unwrap();
    assert!(!holds(&clean.bytes, b"Exif") && !holds(&clean.bytes, &4567_u32.to_le_bytes()));
    assert_eq!((clean.format, clean.width, clean.height), (MediaFormat::Jpeg, 64, 32));
}

#[test]
fn orientation_6_is_turned_to_the_right() {
    let clean = clean(&jpeg_with_exif(&photo(64, 32), 6), MediaFormat::Jpeg).unwrap();
    assert_eq!((clean.width, clean.height), (32, 64));
    let pixels = decoded(&clean);
    // Turned clockwise, what was left is above.
    assert!(pixels.get_pixel(16, 8).0[0] > 150, "red above");
    assert!(pixels.get_pixel(16, 56).0[2] > 150, "blue below");
}

#[test]
fn a_broken_orientation_leaves_the_picture_as_it_is() {
    let clean = clean(&jpeg_with_exif(&photo(64, 32), 200), MediaFormat::Jpeg).unwrap();
    assert_eq!((clean.width, clean.height), (64, 32));
}

/// A PNG of a few hundred bytes whose header promises `width`×`height`.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = written(&photo(8, 8), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = bytes[12..29].iter().fold(u32::MAX, |mut sum, byte| {
        sum ^= u32::from(*byte);
        (0..8).for_each(|_| sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 });
        sum
    });
    bytes[29..33].copy_from_slice(&(!sum).to_be_bytes());
    bytes
}

#[test]
fn bombs_are_refused_from_their_header() {
    for (width, height) in [(60_000, 60_000), (12_001, 10), (10, 12_001), (10_000, 5_001), (u32::MAX >> 1, 1)] {
        let started = Instant::now();
        let error = clean(&png_header(width, height), MediaFormat::Png).unwrap_err();
        assert!(matches!(error, MediaError::Bomb { width: w, height: h, .. } if (w, h) == (width, height)), "{error}");
        assert!(started.elapsed().as_millis() < 200, "refused without decoding");
    }
    let mut jpeg = written(&photo(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    assert_eq!(clean(&jpeg, MediaFormat::Jpeg).unwrap_err().code(), "attachment.bomb");
}

#[test]
fn a_jpeg_that_wants_thousands_of_passes_is_refused() {
    let jpeg = written(&photo(8, 8), ImageFormat::Jpeg);
    let scan = jpeg.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let (head, pass) = jpeg[..jpeg.len() - 2].split_at(scan);
    let bytes = [head, &pass.repeat(2_000), b"\xFF\xD9"].concat();
    let error = clean(&bytes, MediaFormat::Jpeg).unwrap_err();
    assert!(matches!(error, MediaError::Bomb { what: "too many passes", .. }), "{error}");
}

#[test]
fn tails_of_other_files_vanish() {
    for tail in [&b"PK\x03\x04secret.zip"[..], b"<html><script>alert(1)</script></html>"] {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let bytes = [&written(&photo(40, 40), format)[..], tail].concat();
            let kind = match format {
                ImageFormat::Png => MediaFormat::Png,
                ImageFormat::WebP => MediaFormat::WebP,
                _ => MediaFormat::Jpeg,
            };
            let clean = clean(&bytes, kind).unwrap();
            assert!(!holds(&clean.bytes, b"PK\x03\x04") && !holds(&clean.bytes, b"script"), "{format:?}");
            assert!(clean.bytes.ends_with(b"\xFF\xD9"));
        }
    }
}

#[test]
fn cut_off_and_damaged_files_are_corrupt() {
    for (format, kind) in [
        (ImageFormat::Jpeg, MediaFormat::Jpeg),
        (ImageFormat::Png, MediaFormat::Png),
        (ImageFormat::WebP, MediaFormat::WebP),
    ] {
        let noise = DynamicImage::ImageRgb8(RgbImage::from_fn(80, 80, |x, y| {
            Rgb([((x * 31) ^ (y * 17)) as u8, (x * y) as u8, (x ^ y) as u8])
        }));
        let whole = written(&noise, format);
        for length in [0, 2, 11, whole.len() / 4, whole.len() / 2, whole.len() - 8] {
            let error = clean(&whole[..length], kind).unwrap_err();
            assert_eq!(error.code(), "attachment.corrupt", "{format:?} cut to {length}: {error}");
        }
    }
    assert_eq!(clean(b"\xFF\xD8\xFF\xE0 not a picture", MediaFormat::Jpeg).unwrap_err().code(), "attachment.corrupt");
    assert_eq!(clean(b"%PDF-", MediaFormat::Pdf).unwrap_err().code(), "attachment.unsupported");
}

#[test]
fn large_pictures_are_shrunk_and_small_ones_keep_their_size() {
    let clean_of = |width, height| {
        let clean = clean(&written(&photo(width, height), ImageFormat::Jpeg), MediaFormat::Jpeg).unwrap();
        (clean.width, clean.height)
    };
    assert_eq!(clean_of(3_000, 1_500), (2_048, 1_024));
    assert_eq!(clean_of(600, 4_800), (256, 2_048));
    assert_eq!(clean_of(2_048, 100), (2_048, 100));
    assert_eq!(clean_of(9_000, 1), (2_048, 1));
    assert_eq!(clean_of(1, 1), (1, 1));
}

#[test]
fn only_see_through_pictures_stay_png() {
    let pixels = |alpha| DynamicImage::ImageRgba8(RgbaImage::from_pixel(20, 20, Rgba([10, 200, 10, alpha])));
    for (image, expected) in [
        (pixels(255), MediaFormat::Jpeg),
        (pixels(128), MediaFormat::Png),
        (photo(20, 20), MediaFormat::Jpeg),
        (DynamicImage::ImageLuma8(photo(20, 20).to_luma8()), MediaFormat::Jpeg),
        (DynamicImage::ImageRgb16(photo(20, 20).to_rgb16()), MediaFormat::Jpeg),
    ] {
        let clean = clean(&written(&image, ImageFormat::Png), MediaFormat::Png).unwrap();
        assert_eq!(clean.format, expected);
    }
    let webp = written(&pixels(128), ImageFormat::WebP);
    let clean = clean(&webp, MediaFormat::WebP).unwrap();
    assert_eq!(clean.format, MediaFormat::Png);
    assert_eq!(decoded(&clean).get_pixel(3, 3).0[3], 128);
}
