//! Tessellation of all products by `ifc-lite-processing`, brought back from its f32 frame into f64 metres.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ifc_lite_processing::{
    Batching, Features, MeshData, ProcessingRequest, ProcessingSink, process, run_on_geometry_pool,
};

use super::Solid;
use crate::bim::error::BimError;
use crate::bim::step::Model;

/// Products between two looks at the clock.
const BATCH: usize = 32;

/// All solids of a model.
#[derive(Default)]
pub struct Meshes {
    /// By product id.
    pub solids: BTreeMap<u32, Solid>,
    /// Whether time ran out before all products were made.
    pub cut_short: bool,
    /// Boolean operations (openings, clippings) that failed; the uncut body is used there.
    pub failed_booleans: u64,
}

struct Clock {
    until: Instant,
    stop: Arc<AtomicBool>,
}

impl ProcessingSink for Clock {
    fn on_batch(&mut self, _meshes: &[MeshData], _processed: usize, _total: usize) {
        if Instant::now() > self.until {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Makes the solids of all products. After `time` no further product is begun; a single product that never ends
/// is the worker's parent to stop.
pub fn make(model: &Model<'_>, time: Duration) -> Result<Meshes, BimError> {
    let (bytes, index) = model.source();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clock = Clock { until: Instant::now() + time, stop: Arc::clone(&stop) };
    let request = ProcessingRequest::full_pass()
        .batching(Batching::new(BATCH, BATCH))
        .features(Features::default().properties(false).presentation_layers(false))
        .index(index)
        .cancel(Arc::clone(&stop));
    // Deep booleans recurse: the pool's workers have large stacks. A panic of the kernel is the file's refusal.
    let work = AssertUnwindSafe(|| run_on_geometry_pool(|| process(bytes, &request, &mut clock)));
    let result = catch_unwind(work).map_err(|_| kernel("panic"))?.map_err(|e| kernel(&e.to_string()))?;
    let to_local = result.frame.world_mapper();
    let mut solids: BTreeMap<u32, Solid> = BTreeMap::new();
    for mesh in &result.meshes {
        // 1 and 2 are shapes of types, which stand nowhere.
        if matches!(mesh.geometry_class, 1 | 2) || mesh.is_empty() {
            continue;
        }
        solids.entry(mesh.express_id).or_default().add(
            mesh_vertices(mesh, to_local),
            &mesh.indices,
            mesh.color,
        );
    }
    solids.retain(|_, solid| !solid.is_empty());
    Ok(Meshes {
        solids,
        cut_short: stop.load(Ordering::Relaxed),
        failed_booleans: result.stats.total_csg_failures,
    })
}

fn mesh_vertices(mesh: &MeshData, to_local: impl Fn([f64; 3]) -> [f64; 3]) -> Vec<[f64; 3]> {
    let [ox, oy, oz] = mesh.origin;
    mesh.positions
        .chunks_exact(3)
        .map(|p| to_local([ox + f64::from(p[0]), oy + f64::from(p[1]), oz + f64::from(p[2])]))
        .collect()
}

fn kernel(cause: &str) -> BimError {
    BimError::new(
        "",
        format!("bộ dựng hình không xử lý được mô hình này ({cause})"),
        format!("the geometry kernel failed on this model ({cause})"),
    )
}
