//! First and last bytes: whether this is an IFC file at all, whole, and in a schema that is read here.
//!
//! Only the head (256 KiB) and the tail (4 KiB) are looked at, so that hundreds of megabytes of noise are
//! refused at once.

use ifc_lite_core::SchemaVersion;
use ifc_lite_core::parser::header;

use super::damage::line;
use super::grammar;
use super::scan::{MOST_ENTITIES, Scan, Stop};
use crate::bim::error::BimError;
use crate::text::Text;

const HEAD_BYTES: usize = 256 * 1024;
/// The end of a file stands in its last bytes.
pub const TAIL_BYTES: usize = 4096;

/// What the head says.
pub struct Head {
    /// The schema's family: `IFC4X3` for `IFC4X3_ADD2`.
    pub label: String,
    /// The schema whose attribute positions hold.
    pub schema: SchemaVersion,
    /// Where the DATA section begins, bytes.
    pub data: usize,
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
    if u32::try_from(bytes.len()).is_err() {
        return Err(BimError::new("", "tệp lớn hơn 4 GiB", "the file is larger than 4 GiB"));
    }
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let labels = header::declared_schemas(head);
    let Some((schema, label)) = labels.iter().find_map(|label| of_label(label)) else {
        return Err(unknown_schema(&labels));
    };
    check_tail(bytes)?;
    let mut notes = Vec::new();
    if label.starts_with("IFC2X") && label != "IFC2X3" {
        notes.push(Text::new(
            format!("{label} đã cũ: đọc theo bảng thuộc tính của IFC2X3, có thể thiếu một số thông tin; nên nộp IFC4 hoặc IFC4X3"),
            format!("{label} is old: it is read by the attributes of IFC2X3 and some may be missing; better deliver IFC4 or IFC4X3"),
        ));
    }
    if matches!(schema, SchemaVersion::Ifc4x1 | SchemaVersion::Ifc4x2) {
        notes.push(Text::new(
            format!("{label} đã bị buildingSMART thu hồi; hãy nộp IFC4X3, IFC4 hoặc IFC2X3"),
            format!("{label} was withdrawn by buildingSMART; deliver IFC4X3, IFC4 or IFC2X3"),
        ));
    }
    Ok(Head { label, schema, data: data_section(head, start)?, notes })
}

/// The schema whose tables are used for a label of FILE_SCHEMA, and the label's family. IFC2X_FINAL (2000) and
/// IFC2X2_FINAL (2003) came before IFC2X3 (2005), whose attributes of what is measured here are the same.
fn of_label(label: &str) -> Option<(SchemaVersion, String)> {
    if let Some(schema) = SchemaVersion::from_file_schema(label) {
        return Some((schema, family(schema).to_owned()));
    }
    let label = label.trim().to_ascii_uppercase();
    let old = matches!(
        label.as_str(),
        "IFC2X" | "IFC2X_FINAL" | "IFC2X2" | "IFC2X2_FINAL" | "IFC2X2_ADD1" | "IFC2X2_ADD2"
    );
    old.then_some((SchemaVersion::Ifc2x3, label))
}

/// First byte after `DATA;`: strings and comments of the header may hold anything.
fn data_section(head: &[u8], start: usize) -> Result<usize, BimError> {
    let mut at = start;
    while let Some(found) = memchr::memchr3(b'\'', b'/', b';', &head[at..]) {
        at += found;
        match head[at] {
            b'\'' => at += 1 + memchr::memchr(b'\'', &head[at + 1..]).ok_or_else(no_data)? + 1,
            b'/' if head.get(at + 1) == Some(&b'*') => {
                at += 2 + memchr::memmem::find(&head[at + 2..], b"*/").ok_or_else(no_data)? + 2;
            }
            b'/' => at += 1,
            _ => {
                at = grammar::after_blanks(head, at + 1, head.len()).map_err(|_| no_data())?;
                let word = head.get(at..at + 4).is_some_and(|word| word.eq_ignore_ascii_case(b"DATA"));
                if word && head.get(at + 4).is_some_and(|b| !b.is_ascii_alphanumeric()) {
                    return Ok(at);
                }
            }
        }
    }
    Err(no_data())
}

fn no_data() -> BimError {
    BimError::new(
        "DATA",
        "không tìm thấy phần DATA sau phần đầu tệp (HEADER)",
        "there is no DATA section after the header",
    )
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
    let (vi, en) = if starts(b"<") {
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
        format!("line {}", line(bytes, bytes.len())),
        "tệp bị cắt cụt: thiếu «END-ISO-10303-21;» ở cuối",
        "the file is truncated: “END-ISO-10303-21;” is missing at its end",
    ))
}

/// A file without a record that is read.
pub fn no_records(bytes: &[u8], scan: &Scan<'_>) -> BimError {
    let Some(first) = scan.damage.first() else {
        return BimError::new("DATA", "phần DATA không có bản ghi nào", "the DATA section holds no record");
    };
    let (vi, en) = first.reason.words();
    BimError::new(
        format!("line {}", line(bytes, first.start)),
        format!("không có bản ghi nào đọc được (lý do ở chỗ đầu tiên: {vi})"),
        format!("the file holds no record that can be read (at the first place because {en})"),
    )
}

/// A file that is not read to its end.
pub fn stopped(bytes: &[u8], stop: Stop, most_records: usize) -> BimError {
    match stop {
        Stop::Records => BimError::new(
            "DATA",
            format!("tệp có hơn {most_records} bản ghi"),
            format!("the file holds more than {most_records} records"),
        ),
        Stop::Entities => BimError::new(
            "DATA",
            format!("tệp có hơn {MOST_ENTITIES} loại đối tượng; không có lược đồ IFC nào như vậy"),
            format!("the file holds more than {MOST_ENTITIES} different entities, as no IFC schema has"),
        ),
        Stop::Damage(at) => BimError::new(
            format!("line {}", line(bytes, at)),
            "tệp hỏng quá nhiều (dấu nháy hoặc chú thích không đóng) nên không đọc tiếp được",
            "so much of the file is broken (quotes or comments that do not end) that it is not read on",
        ),
    }
}
