//! Reading and writing a guest's memory, and the form in which header maps cross the border.

use wasmtime::{Caller, Error, Extern, Memory, Result};

use super::state::State;

/// Header names and values.
pub type Pairs = Vec<(String, String)>;

fn memory(caller: &mut Caller<'_, State>) -> Result<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(Error::msg("the module exports no memory")),
    }
}

/// Bytes at an address.
pub fn read(caller: &mut Caller<'_, State>, at: u32, size: u32) -> Result<Vec<u8>> {
    let memory = memory(caller)?;
    let mut bytes = vec![0; size as usize];
    memory.read(&*caller, at as usize, &mut bytes)?;
    Ok(bytes)
}

/// Text at an address; what is no UTF-8 is replaced.
pub fn read_text(caller: &mut Caller<'_, State>, at: u32, size: u32) -> Result<String> {
    Ok(String::from_utf8_lossy(&read(caller, at, size)?).into_owned())
}

/// Puts bytes at an address.
pub fn write(caller: &mut Caller<'_, State>, at: u32, bytes: &[u8]) -> Result<()> {
    let memory = memory(caller)?;
    memory.write(&mut *caller, at as usize, bytes)?;
    Ok(())
}

/// Puts a 32-bit number at an address.
pub fn write_u32(caller: &mut Caller<'_, State>, at: u32, value: u32) -> Result<()> {
    write(caller, at, &value.to_le_bytes())
}

/// Puts a 64-bit number at an address.
pub fn write_u64(caller: &mut Caller<'_, State>, at: u32, value: u64) -> Result<()> {
    write(caller, at, &value.to_le_bytes())
}

/// Hands bytes to the guest in memory that it allocates, and writes address and size where it wants them.
pub fn give(caller: &mut Caller<'_, State>, bytes: &[u8], to_data: u32, to_size: u32) -> Result<()> {
    let size = u32::try_from(bytes.len()).map_err(|_| Error::msg("too long for a guest"))?;
    let allocate = ["proxy_on_memory_allocate", "malloc"].into_iter().find_map(|name| caller.get_export(name));
    let Some(Extern::Func(allocate)) = allocate else { return Err(Error::msg("the module exports no allocator")) };
    let at = if size == 0 { 0 } else { allocate.typed::<u32, u32>(&*caller)?.call(&mut *caller, size)? };
    write(caller, at, bytes)?;
    write_u32(caller, to_data, at)?;
    write_u32(caller, to_size, size)
}

/// A map in the form of the ABI: count, sizes, then names and values each with a zero byte behind it.
pub fn encode(pairs: &[(String, String)]) -> Vec<u8> {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = number(pairs.len()).to_vec();
    for (name, value) in pairs {
        bytes.extend(number(name.len()));
        bytes.extend(number(value.len()));
    }
    for (name, value) in pairs {
        for text in [name, value] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}

/// The opposite of [`encode`]; none if the sizes do not fit.
pub fn decode(bytes: &[u8]) -> Option<Pairs> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let count = number(0)?;
    let mut at = 4 + count.checked_mul(8)?;
    let mut text = |size: usize| {
        let part = bytes.get(at..at.checked_add(size)?)?;
        at += size + 1;
        Some(String::from_utf8_lossy(part).into_owned())
    };
    (0..count).map(|i| Some((text(number(4 + i * 8)?)?, text(number(8 + i * 8)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_come_back() {
        let pairs: Pairs =
            vec![(":status".into(), "200".into()), ("x".into(), String::new()), ("ü".into(), "è".into())];
        assert_eq!(decode(&encode(&pairs)), Some(pairs));
        assert_eq!(decode(&[]), Some(Vec::new()));
        assert_eq!(decode(&[9, 0, 0, 0]), None);
        assert_eq!(decode(&[1, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
