//! First and last bytes: whether this is an IFC file at all, whole, and in a schema that is read here.
//!
//! Only the head (256 KiB) and the tail (4 KiB) are looked at, so that hundreds of megabytes of noise are
//! refused at once.

use ifc_lite_core::SchemaVersion;
use ifc_lite_core::parser::header;

use crate::bim::error::BimError;
use crate::text::Text;

const HEAD_BYTES: usize = 256 * 1024;
const TAIL_BYTES: usize = 4096;

/// What the head says.
pub struct Head {
    /// The schema's family: `IFC4X3` for `IFC4X3_ADD2`.
    pub label: String,
    /// The schema whose attribute positions hold.
    pub schema: SchemaVersion,
    /// Doubts.
    pub notes: Vec<Text>,
}

/// Checks head and tail.
pub fn check(bytes: &[u8]) -> Result<Head, BimError> {
    let start = begin(bytes)?;
    let rest = &bytes[start..];
    if !rest.len().ge(&12) || !rest[..12].eq_ignore_ascii_case(b"ISO-10303-21") {
        return Err(foreign(rest));
    }
    let labels = header::declared_schemas(&bytes[..bytes.len().min(HEAD_BYTES)]);
    let Some(schema) = labels.iter().find_map(|l| SchemaVersion::from_file_schema(l)) else {
        return Err(unknown_schema(&labels));
    };
    let label = family(schema).to_owned();
    check_tail(bytes)?;
    let mut notes = Vec::new();
    if matches!(schema, SchemaVersion::Ifc4x1 | SchemaVersion::Ifc4x2) {
        notes.push(Text::new(
            format!("{label} đã bị buildingSMART thu hồi; hãy nộp IFC4X3, IFC4 hoặc IFC2X3"),
            format!("{label} was withdrawn by buildingSMART; deliver IFC4X3, IFC4 or IFC2X3"),
        ));
    }
    Ok(Head { label, schema, notes })
}

/// The schema without addenda and corrigenda, which change no attribute.
fn family(schema: SchemaVersion) -> &'static str {
    match schema {
        SchemaVersion::Ifc2x3 => "IFC2X3",
        SchemaVersion::Ifc4 => "IFC4",
        SchemaVersion::Ifc4x1 => "IFC4X1",
        SchemaVersion::Ifc4x2 => "IFC4X2",
        _ => "IFC4X3",
    }
}

/// Where the text begins: after a byte order mark, white space and comments.
fn begin(bytes: &[u8]) -> Result<usize, BimError> {
    if bytes.is_empty() {
        return Err(BimError::new("", "tệp rỗng", "the file is empty"));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(BimError::new(
            "byte 0",
            "tệp mã hóa UTF-16; tệp STEP phải dùng mã 8 bit",
            "the file is encoded in UTF-16; a STEP file is written in 8-bit characters",
        ));
    }
    let mut i = if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 };
    loop {
        i += bytes[i..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if !bytes[i..].starts_with(b"/*") {
            break;
        }
        let window = &bytes[i..bytes.len().min(i + 65_536)];
        match window.windows(2).position(|w| w == b"*/") {
            Some(end) => i += end + 2,
            None => break,
        }
    }
    if i == bytes.len() {
        return Err(BimError::new("", "tệp chỉ có khoảng trắng", "the file holds nothing but white space"));
    }
    Ok(i)
}

/// Names the format that the first bytes show.
fn foreign(rest: &[u8]) -> BimError {
    let starts = |magic: &[u8]| rest.starts_with(magic);
    let (vi, en) = if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        (
            "đây là tệp ZIP (ifcZIP?); hãy giải nén và nộp tệp .ifc bên trong",
            "this is a ZIP file (ifcZIP?); unpack it and submit the .ifc inside",
        )
    } else if starts(b"<") {
        (
            "đây là tệp XML (ifcXML?); hãy xuất mô hình dạng IFC-SPF (.ifc)",
            "this is XML (ifcXML?); export the model as IFC-SPF (.ifc)",
        )
    } else if starts(b"{") || starts(b"[") {
        (
            "đây là tệp JSON (ifcJSON, IFC5?); hãy xuất mô hình dạng IFC-SPF (.ifc)",
            "this is JSON (ifcJSON, IFC5?); export the model as IFC-SPF (.ifc)",
        )
    } else if starts(b"%PDF") {
        ("đây là tệp PDF, không phải mô hình IFC", "this is a PDF, not an IFC model")
    } else if starts(b"AC10") {
        ("đây là bản vẽ DWG, không phải mô hình IFC", "this is a DWG drawing, not an IFC model")
    } else {
        (
            "không phải tệp IFC: tệp STEP bắt đầu bằng «ISO-10303-21;»",
            "not an IFC file: a STEP file begins with “ISO-10303-21;”",
        )
    };
    BimError::new("line 1", vi, en)
}

fn unknown_schema(labels: &[String]) -> BimError {
    match labels.first() {
        None => BimError::new(
            "FILE_SCHEMA",
            "phần đầu tệp không khai báo lược đồ (FILE_SCHEMA)",
            "the header declares no schema (FILE_SCHEMA)",
        ),
        Some(label) => {
            let label: String = label.chars().take(60).collect();
            BimError::new(
                "FILE_SCHEMA",
                format!("lược đồ «{label}» không được đọc; dùng IFC2X3, IFC4 hoặc IFC4X3"),
                format!("schema “{label}” is not read; use IFC2X3, IFC4 or IFC4X3"),
            )
        }
    }
}

/// A whole file ends with `END-ISO-10303-21;`.
fn check_tail(bytes: &[u8]) -> Result<(), BimError> {
    const END: &[u8] = b"END-ISO-10303-21";
    let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
    if tail.windows(END.len()).any(|w| w.eq_ignore_ascii_case(END)) {
        return Ok(());
    }
    Err(BimError::new(
        format!("line {}", line_of(bytes, bytes.len())),
        "tệp bị cắt cụt: thiếu «END-ISO-10303-21;» ở cuối",
        "the file is truncated: “END-ISO-10303-21;” is missing at its end",
    ))
}

/// A record that does not end, or whose quotes do not.
pub fn malformed(bytes: &[u8], start: usize) -> BimError {
    BimError::new(
        format!("line {}", line_of(bytes, start)),
        "bản ghi không kết thúc đúng (thiếu dấu «;», dấu nháy hoặc dấu đóng chú thích)",
        "a record does not end properly (a “;”, a quote or the end of a comment is missing)",
    )
}

/// A file without records.
pub fn no_records() -> BimError {
    BimError::new("DATA", "phần DATA không có bản ghi nào", "the DATA section holds no record")
}

/// A file with more records than are read.
pub fn too_many(max: usize) -> BimError {
    BimError::new(
        "DATA",
        format!("tệp có hơn {max} bản ghi"),
        format!("the file holds more than {max} records"),
    )
}

/// 1-based line of a byte offset.
#[allow(clippy::naive_bytecount, reason = "once a refusal; not worth a crate")]
fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes[..offset.min(bytes.len())].iter().filter(|b| **b == b'\n').count()
}
