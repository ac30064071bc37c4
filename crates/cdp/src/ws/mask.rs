//! Unmasking in place (RFC 6455 §5.3). It must never need `unsafe`: eight bytes at a time is enough for the compiler
//! to vectorise the loop.

/// Applies the key to a payload whose first byte is the first byte of its frame.
pub(super) fn apply(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_unmasked_as_the_rfc_says() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for len in 0..70_usize {
            let plain: Vec<u8> = (0..len).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect();
            let mut masked: Vec<u8> = plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            apply(&mut masked, key);
            assert_eq!(masked, plain, "length {len}");
        }
    }
}
