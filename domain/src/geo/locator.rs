//! Which grid is a point in? An R-tree over the areas of the grids.

use std::collections::BTreeMap;
use std::sync::Arc;

use rstar::{AABB, RTree, RTreeObject};

use super::{Area, Point};

/// An index of grids' areas: insert, remove, and find the deepest grid around a point.
///
/// A grid without an area does not take part, however near its centre is: a wrong guess would send a resident's
/// request to the wrong people, no answer lets them choose.
#[derive(Debug, Clone)]
pub struct Locator<K: Ord + Clone> {
    entries: BTreeMap<K, Arc<Entry<K>>>,
    tree: RTree<Leaf<K>>,
}

impl<K: Ord + Clone> Default for Locator<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// One grid's area with what decides between overlapping ones.
#[derive(Debug)]
struct Entry<K> {
    key: K,
    depth: u8,
    area: Area,
    square_degrees: f64,
    envelope: AABB<[f64; 2]>,
}

/// What the tree holds: the entry is shared with the map, which knows it by key.
#[derive(Debug, Clone)]
struct Leaf<K>(Arc<Entry<K>>);

impl<K> RTreeObject for Leaf<K> {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.0.envelope
    }
}

impl<K> PartialEq for Leaf<K> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<K: Ord + Clone> Entry<K> {
    fn new(key: K, depth: u8, area: Area) -> Arc<Self> {
        let (south_west, north_east) = area.bounds();
        let envelope = AABB::from_corners([south_west.lng(), south_west.lat()], [north_east.lng(), north_east.lat()]);
        Arc::new(Self { key, depth, square_degrees: area.square_degrees(), area, envelope })
    }
}

impl<K: Ord + Clone> Locator<K> {
    /// An index without areas.
    pub fn new() -> Self {
        Self { entries: BTreeMap::new(), tree: RTree::new() }
    }

    /// Adds the `area` of the grid `key`, `depth` levels down the tree; replaces the one it had.
    pub fn insert(&mut self, key: K, depth: u8, area: Area) {
        self.remove(&key);
        let entry = Entry::new(key.clone(), depth, area);
        self.tree.insert(Leaf(Arc::clone(&entry)));
        self.entries.insert(key, entry);
    }

    /// Takes the grid's area out; `false` when it had none.
    pub fn remove(&mut self, key: &K) -> bool {
        match self.entries.remove(key) {
            Some(entry) => self.tree.remove(&Leaf(entry)).is_some(),
            None => false,
        }
    }

    /// The deepest grid whose area contains `point`, borders included. Where areas of one depth overlap or
    /// touch, the smaller area wins, then the smaller key: the same point has the same grid on every node.
    pub fn locate(&self, point: Point) -> Option<K> {
        let at = AABB::from_point([point.lng(), point.lat()]);
        let mut candidates: Vec<&Entry<K>> =
            self.tree.locate_in_envelope_intersecting(at).map(|leaf| leaf.0.as_ref()).collect();
        // Best first, so that the costly test of the polygon mostly runs once.
        candidates.sort_unstable_by(|left, right| {
            right
                .depth
                .cmp(&left.depth)
                .then_with(|| left.square_degrees.total_cmp(&right.square_degrees))
                .then_with(|| left.key.cmp(&right.key))
        });
        candidates.into_iter().find(|entry| entry.area.contains(point)).map(|entry| entry.key.clone())
    }

    /// How many grids have an area.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no grid has an area.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Built in one go the tree is better balanced than by inserts. Of several areas with one key the last counts.
impl<K: Ord + Clone> FromIterator<(K, u8, Area)> for Locator<K> {
    fn from_iter<I: IntoIterator<Item = (K, u8, Area)>>(grids: I) -> Self {
        let entries: BTreeMap<K, Arc<Entry<K>>> =
            grids.into_iter().map(|(key, depth, area)| (key.clone(), Entry::new(key, depth, area))).collect();
        let tree = RTree::bulk_load(entries.values().map(|entry| Leaf(Arc::clone(entry))).collect());
        Self { entries, tree }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::AreaError;

    fn rectangle(west: f64, south: f64, width: f64, height: f64) -> Result<Area, AreaError> {
        Area::new(&[vec![(west, south), (west + width, south), (west + width, south + height), (west, south + height)]])
    }

    #[test]
    fn finds_the_deepest_grid_and_breaks_ties_the_same_way() -> Result<(), Box<dyn std::error::Error>> {
        let mut locator: Locator<u32> = [
            (1, 1, rectangle(105.0, 24.0, 1.0, 1.0)?),
            (2, 2, rectangle(105.0, 24.0, 0.5, 0.5)?),
            (3, 2, rectangle(105.5, 24.0, 0.4, 0.5)?),
            (4, 3, rectangle(105.1, 24.1, 0.1, 0.1)?),
        ]
        .into_iter()
        .collect();
        for (lng, lat, grid) in [
            (105.15, 24.15, Some(4)),
            (105.1, 24.1, Some(4)),
            (105.3, 24.3, Some(2)),
            // On the border of 2 and 3: 3 is smaller.
            (105.5, 24.2, Some(3)),
            (105.7, 24.8, Some(1)),
            (106.1, 24.8, None),
        ] {
            assert_eq!(locator.locate(Point::new(lng, lat)?), grid, "{lng} {lat}");
        }
        let point = Point::new(105.15, 24.15)?;
        assert!(locator.remove(&4) && !locator.remove(&4));
        assert_eq!(locator.locate(point), Some(2));
        // The same area twice: the smaller key. Another insert of a key replaces its area.
        locator.insert(9, 2, rectangle(105.0, 24.0, 0.5, 0.5)?);
        assert_eq!(locator.locate(point), Some(2));
        locator.insert(2, 2, rectangle(110.0, 24.0, 0.5, 0.5)?);
        assert_eq!((locator.locate(point), locator.len()), (Some(9), 4));
        assert!(Locator::<u32>::new().is_empty());
        Ok(())
    }

    /// What `locate` promises, said without an index.
    fn brute_force(grids: &[(u32, u8, Area)], point: Point) -> Option<u32> {
        grids
            .iter()
            .filter(|(_, _, area)| area.contains(point))
            .min_by(|(key, depth, area), (other_key, other_depth, other_area)| {
                let size = area.square_degrees().total_cmp(&other_area.square_degrees());
                other_depth.cmp(depth).then(size).then(key.cmp(other_key))
            })
            .map(|(key, _, _)| *key)
    }

    // Whole numbers make shared borders and corners common.
    fn areas() -> impl Strategy<Value = Vec<(u32, u8, Area)>> {
        let shape = (0..12_u8, 0..12_u8, 1..6_u8, 1..6_u8, any::<bool>());
        let area = shape.prop_filter_map("not a polygon", |(west, south, width, height, triangle)| {
            let (west, south) = (f64::from(west), f64::from(south));
            let (width, height) = (f64::from(width), f64::from(height));
            if triangle {
                Area::new(&[vec![(west, south), (west + width, south), (west, south + height)]]).ok()
            } else {
                rectangle(west, south, width, height).ok()
            }
        });
        let grids = proptest::collection::vec((1..=5_u8, area), 0..40);
        grids.prop_map(|grids| (0..).zip(grids).map(|(key, (depth, area))| (key, depth, area)).collect())
    }

    proptest! {
        #[test]
        fn agrees_with_brute_force(
            grids in areas(),
            removed in proptest::collection::vec(0..40_u32, 0..10),
            points in proptest::collection::vec((0..72_u8, 0..72_u8), 1..40),
        ) {
            let mut loaded: Locator<u32> = grids.iter().cloned().collect();
            let mut grown = Locator::new();
            for (key, depth, area) in &grids {
                grown.insert(*key, *depth, area.clone());
            }
            let left: Vec<_> = grids.into_iter().filter(|(key, _, _)| !removed.contains(key)).collect();
            for key in &removed {
                prop_assert_eq!(loaded.remove(key), grown.remove(key));
            }
            prop_assert_eq!((loaded.len(), grown.len()), (left.len(), left.len()));
            for (x, y) in points {
                let point = Point::new(f64::from(x) / 4.0, f64::from(y) / 4.0)?;
                let expected = brute_force(&left, point);
                prop_assert_eq!(loaded.locate(point), expected);
                prop_assert_eq!(grown.locate(point), expected);
            }
        }
    }
}
