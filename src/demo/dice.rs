//! Chance that is the same every time.

/// A small generator, so that the invented past is the same every time.
pub struct Dice(u64);

impl Dice {
    /// A generator that begins at `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound` (at least 1).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    /// A number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        self.below(10_000) as f64 / 10_000.0
    }

    /// One of `items`; nothing of an empty list.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        usize::try_from(self.below(items.len() as u64)).ok().and_then(|index| items.get(index))
    }
}
