//! Numbers that look random and follow from the seed alone.

/// A number for a thing (`key`) at a time (`step`): the same for the same seed, whatever else happened.
pub fn at(seed: u64, key: u64, step: u64) -> u64 {
    // splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    let mut z = seed ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ step.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below `limit`.
pub fn below(seed: u64, key: u64, step: u64, limit: u64) -> u64 {
    at(seed, key, step) % limit.max(1)
}

/// A percentage that wanders slowly around `base`, by at most `swing`, over the seconds of a simulation.
pub fn wander(seed: u64, key: u64, second: u64, base: u64, swing: u64) -> u64 {
    const STRIDE: u64 = 20;
    let (step, into) = (second / STRIDE, second % STRIDE);
    let from = below(seed, key, step, swing * 2 + 1);
    let to = below(seed, key, step + 1, swing * 2 + 1);
    let between = (from * (STRIDE - into) + to * into) / STRIDE;
    (base + between).saturating_sub(swing).min(100)
}
