//! ifcZIP: one `.ifc` in a ZIP file.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::error::BimError;

/// Largest file that is unpacked, bytes.
const MOST_BYTES: u64 = 1 << 30;
/// IFC shrinks to between a fourth and a fortieth.
const MOST_RATIO: u64 = 250;
/// Below this no ratio is asked about, bytes.
const SMALL: u64 = 16 << 20;

/// Whether the bytes are a ZIP file.
pub fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The `.ifc` inside.
pub fn unpack(bytes: &[u8]) -> Result<Vec<u8>, BimError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let name = the_model(&archive)?;
    let mut member = archive.by_name(&name).map_err(|e| damaged(&e))?;
    let (size, packed) = (member.size(), member.compressed_size());
    if size > MOST_BYTES {
        return Err(too_large(&name));
    }
    let bomb = |size: u64| size > SMALL && size / packed.max(1) > MOST_RATIO;
    if bomb(size) {
        return Err(suspicious(&name));
    }
    let mut out = Vec::with_capacity(size as usize);
    let read = member.by_ref().take(MOST_BYTES + 1).read_to_end(&mut out);
    read.map_err(|e| damaged(&ZipError::Io(e)))?;
    match out.len() as u64 {
        n if n > MOST_BYTES => Err(too_large(&name)),
        // The directory may have said less.
        n if bomb(n) => Err(suspicious(&name)),
        _ => Ok(out),
    }
}

/// Name of the only `.ifc`.
fn the_model(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<String, BimError> {
    let ends = |name: &str, with: &str| {
        let at = name.len().checked_sub(with.len());
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(with))
    };
    let names = || archive.file_names().filter(|n| !n.starts_with("__MACOSX/") && !n.ends_with('/'));
    let mut models = names().filter(|n| ends(n, ".ifc"));
    match (models.next(), models.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        (Some(_), Some(_)) => Err(BimError::new(
            "",
            "tệp ZIP chứa nhiều mô hình .ifc; mỗi lần nộp một mô hình",
            "the ZIP file holds several .ifc models; submit one at a time",
        )),
        (None, _) if names().any(|n| ends(n, ".ifcxml") || ends(n, ".xml")) => Err(BimError::new(
            "",
            "tệp ZIP chứa ifcXML, không được đọc; hãy xuất mô hình dạng IFC-SPF (.ifc)",
            "the ZIP file holds ifcXML, which is not read; export the model as IFC-SPF (.ifc)",
        )),
        (None, _) => {
            Err(BimError::new("", "tệp ZIP không chứa tệp .ifc nào", "the ZIP file holds no .ifc file"))
        }
    }
}

fn damaged(cause: &ZipError) -> BimError {
    BimError::new(
        "",
        format!("không giải nén được tệp ZIP ({cause}); hãy nén lại hoặc nộp tệp .ifc"),
        format!("the ZIP file cannot be unpacked ({cause}); pack it again or submit the .ifc"),
    )
}

fn too_large(name: &str) -> BimError {
    let mb = MOST_BYTES >> 20;
    BimError::new(
        name,
        format!("khi giải nén lớn hơn {mb} MiB"),
        format!("is larger than {mb} MiB when unpacked"),
    )
}

fn suspicious(name: &str) -> BimError {
    BimError::new(
        name,
        format!("tỷ lệ nén trên {MOST_RATIO} lần, không phải của một mô hình; bị từ chối"),
        format!("is packed more than {MOST_RATIO} times, as no model is; refused"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn refusal(bytes: &[u8]) -> String {
        unpack(bytes).unwrap_err().reason().en.clone()
    }

    #[test]
    fn the_only_model_is_unpacked() {
        let bytes = packed(&[
            ("readme.txt", b"x"),
            ("__MACOSX/._house.ifc", b"y"),
            ("a/House.IFC", b"ISO-10303-21;"),
        ]);
        assert!(is(&bytes));
        assert_eq!(unpack(&bytes).unwrap(), b"ISO-10303-21;");
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        assert!(refusal(&packed(&[("a.ifc", b"x"), ("b.ifc", b"x")])).contains("several"));
        assert!(refusal(&packed(&[("a.ifcxml", b"x")])).contains("ifcXML"));
        assert!(refusal(&packed(&[("a.txt", b"x")])).contains("no .ifc"));
        assert!(refusal(b"PK\x03\x04rest").contains("cannot be unpacked"));
        let mut cut = packed(&[("a.ifc", &[7; 1000])]);
        cut[40] ^= 0xFF;
        assert!(refusal(&cut).contains("cannot be unpacked"));
    }

    #[test]
    fn a_bomb_is_refused_by_its_ratio_and_by_its_size() {
        let bomb = packed(&[("a.ifc", &vec![b' '; 64 << 20])]);
        assert!(bomb.len() < 100_000);
        assert!(refusal(&bomb).contains("more than 250 times"));
        // A directory that says less than there is.
        let mut liar = bomb.clone();
        let size = (64_u32 << 20).to_le_bytes();
        for at in 0..liar.len() - 4 {
            if liar[at..at + 4] == size {
                liar[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
            }
        }
        assert_ne!(liar, bomb);
        assert!(unpack(&liar).is_err());
    }
}
