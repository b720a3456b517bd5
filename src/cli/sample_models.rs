//! `dothi sample models DIR`: writes the sample building models.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::sample::models::list_files;
use crate::text::Text;

/// Writes the sample models and `sites.json` into `folder`, which is made if it is missing, and gives their names.
pub fn write(folder: &Path) -> Result<Vec<String>> {
    let failed = |path: &Path, e: &std::io::Error| Error::InvalidParameter {
        name: "DIR".to_owned(),
        reason: Text::new(
            format!("không ghi được {}: {e}", path.display()),
            format!("cannot write {}: {e}", path.display()),
        ),
    };
    fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    let mut names = Vec::new();
    for (name, text) in list_files() {
        let path = folder.join(&name);
        fs::write(&path, text).map_err(|e| failed(&path, &e))?;
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_files_are_written_and_named() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let names = super::write(&folder.path().join("new")).expect("the folder can be written");
        let is_model = |n: &&String| std::path::Path::new(n).extension().is_some_and(|e| e == "ifc");
        let models = names.iter().filter(is_model).count();
        assert_eq!((models, names.len()), (14, 15));
        assert!(names.iter().all(|n| folder.path().join("new").join(n).is_file()));
    }
}
