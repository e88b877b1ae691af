//! How the area of a grid lies among those around it: no overlap with a sibling, no crossing of the border above
//! (domain rules §8.1). Real borders are imperfect, so a misfit is told and never refused.

use super::Area;

/// Overlaps up to this share are how two surveys of one border differ, and are not told.
pub const TOLERATED_SHARE: f64 = 0.01;

/// In which way an area does not fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Misfit<K> {
    /// A part lies outside the area of the grid above.
    Outside {
        /// The grid above.
        parent: K,
        /// Which part of the area that is, 0 to 1.
        share: f64,
    },
    /// It overlaps the area of a sibling.
    Overlap {
        /// The sibling.
        sibling: K,
        /// Which part of the smaller of the two they have in common, 0 to 1.
        share: f64,
    },
}

/// How `area` does not fit between its siblings and into the grid above: the parent first, then the siblings with the
/// greatest overlap first. Shares up to [`TOLERATED_SHARE`] are left out.
///
/// Sizes are compared in square degrees: within a county a degree of longitude has one length, near enough for shares.
pub fn misfits<'a, K>(
    area: &Area,
    parent: Option<(K, &Area)>,
    siblings: impl IntoIterator<Item = (K, &'a Area)>,
) -> Vec<Misfit<K>> {
    let own = area.square_degrees();
    let share = |part: f64, of: f64| if of > 0.0 { (part / of).clamp(0.0, 1.0) } else { 0.0 };
    let outside = parent.map(|(parent, border)| (parent, share(own - area.shared_square_degrees(border), own)));
    let outside = outside.filter(|(_, share)| *share > TOLERATED_SHARE);
    let overlapping = siblings.into_iter().map(|(sibling, other)| {
        let smaller = own.min(other.square_degrees());
        (sibling, share(area.shared_square_degrees(other), smaller))
    });
    let mut overlapping: Vec<(K, f64)> = overlapping.filter(|(_, share)| *share > TOLERATED_SHARE).collect();
    overlapping.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let outside = outside.map(|(parent, share)| Misfit::Outside { parent, share });
    outside
        .into_iter()
        .chain(overlapping.into_iter().map(|(sibling, share)| Misfit::Overlap { sibling, share }))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::AreaError;

    /// A county's corner, so that numbers are as large as real ones.
    const WEST: f64 = 106.0;
    const SOUTH: f64 = 24.0;

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Result<Area, AreaError> {
        let (west, south) = (WEST + x, SOUTH + y);
        let (east, north) = (west + width, south + height);
        Area::new(&[vec![(west, south), (east, south), (east, north), (west, north)]])
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-6
    }

    #[test]
    fn tells_overlaps_and_what_lies_outside() -> Result<(), AreaError> {
        let area = rectangle(0.0, 0.0, 0.1, 0.1)?;
        // The sibling; the expected share of the smaller one.
        let beside = [
            (rectangle(0.1, 0.0, 0.1, 0.1)?, None),
            (rectangle(0.5, 0.5, 0.1, 0.1)?, None),
            (rectangle(0.1, 0.1, 0.1, 0.1)?, None),
            (rectangle(0.099_5, 0.0, 0.1, 0.1)?, None),
            (rectangle(0.098, 0.0, 0.1, 0.1)?, Some(0.02)),
            (rectangle(0.05, 0.0, 0.1, 0.1)?, Some(0.5)),
            // A small one inside: all of it.
            (rectangle(0.02, 0.02, 0.01, 0.01)?, Some(1.0)),
            // A large one around: all of the own.
            (rectangle(-0.5, -0.5, 1.0, 1.0)?, Some(1.0)),
            (area.clone(), Some(1.0)),
        ];
        for (sibling, expected) in beside {
            let found = misfits(&area, None, [(7, &sibling)]);
            match (found.as_slice(), expected) {
                ([], None) => {}
                ([Misfit::Overlap { sibling: 7, share }], Some(expected)) if close(*share, expected) => {}
                (found, expected) => panic!("{sibling:?}: {found:?}, not {expected:?}"),
            }
        }
        let around = [
            (rectangle(0.0, 0.0, 0.1, 0.1)?, None),
            (rectangle(-1.0, -1.0, 3.0, 3.0)?, None),
            (rectangle(0.000_5, 0.0, 0.1, 0.1)?, None),
            (rectangle(0.02, 0.0, 0.1, 0.1)?, Some(0.2)),
            (rectangle(0.05, 0.05, 0.05, 0.05)?, Some(0.75)),
            (rectangle(3.0, 3.0, 0.1, 0.1)?, Some(1.0)),
        ];
        for (parent, expected) in around {
            let found = misfits(&area, Some(('p', &parent)), []);
            match (found.as_slice(), expected) {
                ([], None) => {}
                ([Misfit::Outside { parent: 'p', share }], Some(expected)) if close(*share, expected) => {}
                (found, expected) => panic!("{parent:?}: {found:?}, not {expected:?}"),
            }
        }
        Ok(())
    }

    #[test]
    fn the_parent_comes_first_then_the_greatest_overlap() -> Result<(), AreaError> {
        let (area, parent) = (rectangle(0.0, 0.0, 0.1, 0.1)?, rectangle(0.05, 0.0, 0.1, 0.1)?);
        let (little, much) = (rectangle(0.08, 0.0, 0.1, 0.1)?, rectangle(0.01, 0.0, 0.1, 0.1)?);
        let found = misfits(&area, Some((0, &parent)), [(1, &little), (2, &much)]);
        let order = found.iter().map(|misfit| match misfit {
            Misfit::Outside { parent, .. } => *parent,
            Misfit::Overlap { sibling, .. } => *sibling,
        });
        assert_eq!(order.collect::<Vec<_>>(), [0, 2, 1]);
        Ok(())
    }

    #[test]
    fn a_hole_belongs_to_whoever_fills_it() -> Result<(), AreaError> {
        let square = |at: f64, side: f64| {
            vec![
                (WEST + at, SOUTH + at),
                (WEST + at + side, SOUTH + at),
                (WEST + at + side, SOUTH + at + side),
                (WEST + at, SOUTH + at + side),
            ]
        };
        let ring = Area::new(&[square(0.0, 0.3), square(0.1, 0.1)])?;
        let filling = Area::new(&[square(0.1, 0.1)])?;
        assert_eq!(misfits(&filling, None, [((), &ring)]), []);
        assert_eq!(misfits(&filling, Some(((), &ring)), []), [Misfit::Outside { parent: (), share: 1.0 }]);
        Ok(())
    }

    #[test]
    fn sizes_are_those_of_the_earth() -> Result<(), AreaError> {
        // A tenth of a degree by a tenth at 24° north: 11.12 km by 10.15 km.
        let area = rectangle(0.0, 0.0, 0.1, 0.1)?;
        assert!((area.square_km() - 112.9).abs() < 1.2, "{}", area.square_km());
        Ok(())
    }

    proptest! {
        #[test]
        fn rectangles_share_what_arithmetic_says(
            (x, y, width, height) in (-0.3f64..0.3, -0.3f64..0.3, 0.01f64..0.3, 0.01f64..0.3),
            (w, h) in (0.01f64..0.3, 0.01f64..0.3),
        ) {
            let (own, other) = (rectangle(0.0, 0.0, w, h).unwrap(), rectangle(x, y, width, height).unwrap());
            let along = |from: f64, to: f64, low: f64, high: f64| (to.min(high) - from.max(low)).max(0.0);
            let expected = along(0.0, w, x, x + width) * along(0.0, h, y, y + height);
            prop_assert!((own.shared_square_degrees(&other) - expected).abs() < 1e-7);
            prop_assert!((other.shared_square_degrees(&own) - expected).abs() < 1e-7);
            let share = expected / (w * h).min(width * height);
            // At the threshold itself rounding decides.
            if (share - TOLERATED_SHARE).abs() > 1e-3 {
                let found = misfits(&own, None, [((), &other)]);
                prop_assert_eq!(found.len(), usize::from(share > TOLERATED_SHARE));
            }
        }

        #[test]
        fn stars_fit_into_themselves_and_overlap_themselves_wholly(radii in proptest::collection::vec(0.02f64..0.1, 3..40)) {
            let count = radii.len() as f64;
            let ring = radii.iter().enumerate().map(|(index, radius)| {
                let angle = std::f64::consts::TAU * index as f64 / count;
                (WEST + radius * angle.cos(), SOUTH + radius * angle.sin())
            });
            let star = Area::new(&[ring.collect()]).unwrap();
            prop_assert_eq!(misfits(&star, Some((0, &star)), []), []);
            let overlaps = misfits(&star, None, [(1, &star)]);
            prop_assert!(matches!(overlaps[..], [Misfit::Overlap { sibling: 1, share }] if share > 0.999), "{:?}", overlaps);
        }
    }
}
