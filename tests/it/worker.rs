//! The worker child from the outside: what its limits, its parent's clock and its empty environment do.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dothi::Error;
use dothi::bim::facts::ModelFacts;
use dothi::jobs::worker::{self, Frame, Limits, Task, Worker};

fn sample(name: &str) -> Task {
    worker::use_executable(PathBuf::from(env!("CARGO_BIN_EXE_dothi")));
    Task::IfcFacts { file: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ifc-samples").join(name) }
}

fn reason(error: Error) -> String {
    match error {
        Error::BadFile { place, reason } => format!("{place}: {}", reason.en),
        other => panic!("not a refusal: {other}"),
    }
}

#[tokio::test]
async fn a_model_is_read_in_the_child() {
    let mut steps = 0;
    let count = |frame| {
        assert!(matches!(frame, Frame::Progress(_)));
        steps += 1;
        Ok(())
    };
    let payload = worker::run(&sample("villa.ifc"), &Limits::default(), count).await.unwrap();
    let facts: ModelFacts = serde_json::from_slice(&payload).unwrap();
    assert_eq!(facts.buildings.len(), 1);
    assert!(steps > 0);
}

#[tokio::test]
async fn the_mesh_comes_in_data_frames() {
    let Task::IfcFacts { file } = sample("villa.ifc") else { unreachable!() };
    let mut glb = Vec::new();
    worker::run(&Task::IfcMesh { file }, &Limits::default(), |frame| {
        if let Frame::Data(bytes) = frame {
            glb.extend(bytes);
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(&glb[..4], b"glTF");
}

#[tokio::test]
async fn refusals_name_the_file_and_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("noise.ifc");
    std::fs::write(&file, b"PK\x03\x04").unwrap();
    sample("villa.ifc");
    let error = worker::run(&Task::IfcFacts { file }, &Limits::default(), |_| Ok(())).await.unwrap_err();
    let reason = reason(error);
    assert!(reason.starts_with("noise.ifc: ") && reason.contains("ZIP"), "{reason}");
}

#[tokio::test]
async fn too_little_memory_is_a_refusal() {
    // A file that is larger than the address space that the child may have.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.ifc");
    std::fs::File::create(&file).unwrap().set_len(3 << 30).unwrap();
    sample("villa.ifc");
    let limits = Limits { memory_mb: 1024, ..Limits::default() };
    let error = worker::run(&Task::IfcFacts { file }, &limits, |_| Ok(())).await.unwrap_err();
    let reason = reason(error);
    assert!(reason.contains("too large") || reason.contains("memory"), "{reason}");
}

#[tokio::test]
async fn a_child_that_takes_too_long_is_ended() {
    let begin = Instant::now();
    let limits = Limits { time: Duration::from_millis(1), ..Limits::default() };
    let error = worker::run(&sample("apartment.ifc"), &limits, |_| Ok(())).await.unwrap_err();
    assert!(reason(error).contains("could not be read within"));
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_dropped_worker_leaves_no_child_behind() {
    let worker = Worker::start(&sample("apartment.ifc"), &Limits::default()).await.unwrap();
    let pid = worker.id().expect("running");
    drop(worker);
    for _ in 0..100 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the child still runs");
}
