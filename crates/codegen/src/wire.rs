//! Protobuf's wire format, just enough to change single fields of a message and leave every other
//! byte as it was.

/// Bytes that are no protobuf message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bytes that are no protobuf message")]
pub struct BadWire;

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The field's number.
    pub number: u32,
    /// The field as it stands in the message, tag included.
    pub raw: &'a [u8],
    /// The value.
    pub value: Value<'a>,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Value<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 2: a string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Wire types 1, 5, 3 and 4: never looked into.
    Other,
}

/// All fields of a message, in order.
///
/// # Errors
/// [`BadWire`] where the bytes are no message.
pub fn fields(message: &[u8]) -> Result<Vec<Field<'_>>, BadWire> {
    let mut rest = message;
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(field(&mut rest)?);
    }
    Ok(all)
}

/// How many fields of a number a message has. It takes no memory, however many there are.
///
/// # Errors
/// [`BadWire`] where the bytes are no message.
pub fn count(message: &[u8], number: u32) -> Result<usize, BadWire> {
    let (mut rest, mut count) = (message, 0);
    while !rest.is_empty() {
        count += usize::from(field(&mut rest)?.number == number);
    }
    Ok(count)
}

/// Appends a field of wire type 2.
pub fn put_bytes(to: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_varint(to, u64::from(number) << 3 | 2);
    put_varint(to, value.len() as u64);
    to.extend_from_slice(value);
}

/// Appends a field of wire type 0.
pub fn put_number(to: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(to, u64::from(number) << 3);
    put_varint(to, value);
}

/// All numbers in a packed field.
///
/// # Errors
/// [`BadWire`] where the bytes are no numbers.
pub fn packed(mut bytes: &[u8]) -> Result<Vec<u64>, BadWire> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes)?);
    }
    Ok(numbers)
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<Field<'a>, BadWire> {
    let start = *rest;
    let tag = varint(rest)?;
    let number = u32::try_from(tag >> 3).map_err(|_| BadWire)?;
    let value = value(rest, tag & 7, number)?;
    Ok(Field { number, raw: &start[..start.len() - rest.len()], value })
}

fn value<'a>(rest: &mut &'a [u8], wire_type: u64, number: u32) -> Result<Value<'a>, BadWire> {
    match wire_type {
        0 => Ok(Value::Varint(varint(rest)?)),
        1 => take(rest, 8).map(|_| Value::Other),
        2 => {
            let length = usize::try_from(varint(rest)?).map_err(|_| BadWire)?;
            Ok(Value::Bytes(take(rest, length)?))
        }
        3 => skip_group(rest, number).map(|()| Value::Other),
        5 => take(rest, 4).map(|_| Value::Other),
        _ => Err(BadWire),
    }
}

/// Skips a group without recursion: messages come from strangers and may nest deeply.
fn skip_group(rest: &mut &[u8], number: u32) -> Result<(), BadWire> {
    let mut open = vec![number];
    while let Some(innermost) = open.last().copied() {
        let tag = varint(rest)?;
        let inner = u32::try_from(tag >> 3).map_err(|_| BadWire)?;
        match tag & 7 {
            3 => open.push(inner),
            4 if inner == innermost => {
                open.pop();
            }
            wire_type => {
                value(rest, wire_type, inner)?;
            }
        }
    }
    Ok(())
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], BadWire> {
    let (taken, after) = rest.split_at_checked(length).ok_or(BadWire)?;
    *rest = after;
    Ok(taken)
}

fn varint(rest: &mut &[u8]) -> Result<u64, BadWire> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(BadWire)
}

fn put_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_put_together_are_the_message() {
        let mut message = Vec::new();
        put_bytes(&mut message, 1, b"name");
        put_number(&mut message, 300, u64::MAX);
        // Group 5 with a fixed64, a fixed32, a group and bytes in it.
        message.extend([0x2b, 0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x15, 1, 2, 3, 4]);
        message.extend([0x1b, 0x1c, 0x22, 1, 7, 0x2c]);
        let all = fields(&message).unwrap();
        assert_eq!(all.iter().map(|f| f.number).collect::<Vec<_>>(), [1, 300, 5]);
        assert_eq!(all[0].value, Value::Bytes(b"name"));
        assert_eq!(all[1].value, Value::Varint(u64::MAX));
        assert_eq!(all.iter().flat_map(|f| f.raw).copied().collect::<Vec<_>>(), message);
    }

    #[test]
    fn refuses_what_is_no_message() {
        for (why, bytes) in [
            ("tag without value", &[0x08][..]),
            ("length beyond the end", &[0x0a, 5, 1]),
            ("endless varint", &[0xff; 11]),
            ("open group", &[0x2b, 0x08, 1]),
            ("group closed as another", &[0x2b, 0x1c]),
            ("group closed before it opens", &[0x2c]),
            ("wire type 6", &[0x0e]),
            ("half a fixed32", &[0x15, 1]),
        ] {
            assert_eq!(fields(bytes).err(), Some(BadWire), "{why}");
        }
        assert_eq!(packed(&[1, 0xac, 0x02]), Ok(vec![1, 300]));
    }
}
