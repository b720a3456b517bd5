//! Tessellation of all products by `ifc-lite-processing`, brought back from its f32 frame into f64 metres.
//!
//! The library meshes products side by side and cannot be stopped within one of them. It runs in threads of its own;
//! when a while passes in which no product is finished, the products that were begun and not finished are given up
//! and named, their threads are left behind, and another pass makes the rest.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ifc_lite_processing::{
    Batching, Features, MeshData, MeshFrame, ProcessingRequest, ProcessingSink, ProductGeometryAudit,
    geometry_pool_builder, process,
};

use super::Solid;
use crate::bim::error::BimError;
use crate::bim::step::{Model, Record};

/// Products between two looks at the clock.
const BATCH: usize = 32;
/// Most threads of the first pass, and of a later one: each reserves 256 MiB of the worker's address space.
const MOST_THREADS: [usize; 2] = [8, 2];
/// Passes that may be left behind before the rest is given up: each keeps a core busy.
const MOST_LEFT_BEHIND: usize = 4;

/// All solids of a model.
#[derive(Default)]
pub struct Meshes {
    /// By product id.
    pub solids: BTreeMap<u32, Solid>,
    /// Whether time ran out before all products were made.
    pub cut_short: bool,
    /// Products that were given up because they took too long or the kernel failed on them.
    pub given_up: BTreeSet<u32>,
    /// Boolean operations (openings, clippings) that failed; the uncut body is used there.
    pub failed_booleans: u64,
}

/// How long making solids may take.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    /// After this no further product is begun.
    pub whole: Duration,
    /// After this long without a product finished, those begun are given up.
    pub element: Duration,
}

/// What a pass tells.
enum Event {
    /// All is resolved, the first product is begun.
    Begin,
    /// Parts of solids of some products.
    Batch(Vec<Part>),
    /// The pass ended; failed booleans.
    End(u64),
    /// The kernel panicked.
    Panic,
}

/// Part of a product's solid, metres.
struct Part {
    product: u32,
    vertices: Vec<[f64; 3]>,
    indices: Vec<u32>,
    color: [f32; 4],
}

/// Why a pass was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// No product was finished for too long.
    Stuck,
    /// The kernel panicked.
    Panic,
}

struct Sink {
    events: Sender<Event>,
    frame: Option<MeshFrame>,
    until: Instant,
    stop: Arc<AtomicBool>,
    audit: ProductGeometryAudit,
}

impl ProcessingSink for Sink {
    fn product_geometry_audit(&self) -> Option<ProductGeometryAudit> {
        Some(self.audit.clone())
    }

    fn on_frame(&mut self, frame: &ifc_lite_processing::FrameEvent) {
        self.frame = Some(frame.frame);
        // Nobody listens to a pass that was left behind.
        let _ = self.events.send(Event::Begin);
    }

    fn on_batch(&mut self, meshes: &[MeshData], _processed: usize, _total: usize) {
        if Instant::now() > self.until {
            self.stop.store(true, Ordering::Relaxed);
        }
        let Some(to_local) = self.frame.map(MeshFrame::world_mapper) else { return };
        // 1 and 2 are shapes of types, which stand nowhere.
        let of_products = meshes.iter().filter(|m| !matches!(m.geometry_class, 1 | 2) && !m.is_empty());
        let parts = of_products.map(|mesh| Part {
            product: mesh.express_id,
            vertices: mesh_vertices(mesh, to_local),
            indices: mesh.indices.clone(),
            color: mesh.color,
        });
        let _ = self.events.send(Event::Batch(parts.collect()));
    }
}

/// One pass of the library in its own threads.
struct Pass {
    events: Receiver<Event>,
    stop: Arc<AtomicBool>,
    audit: ProductGeometryAudit,
}

impl Pass {
    /// Begins to make the solids of `ids`.
    fn begin(
        bytes: Arc<Vec<u8>>,
        ids: HashSet<u32>,
        until: Instant,
        threads: usize,
    ) -> Result<Self, BimError> {
        let (sender, events) = channel();
        let (stop, audit) = (Arc::new(AtomicBool::new(false)), ProductGeometryAudit::default());
        let mut sink = Sink {
            events: sender.clone(),
            frame: None,
            until,
            stop: Arc::clone(&stop),
            audit: audit.clone(),
        };
        let request = ProcessingRequest::full_pass()
            .batching(Batching::new(BATCH, BATCH))
            .features(Features::default().properties(false).presentation_layers(false))
            .retain_meshes(false)
            .ids(Some(Arc::new(ids)))
            .cancel(Arc::clone(&stop));
        // Deep booleans recurse: the pool's workers have large stacks. It is a pool of this pass alone, since a
        // product that never ends keeps its worker.
        let pool =
            geometry_pool_builder().num_threads(threads).build().map_err(|e| kernel(&e.to_string()))?;
        let work = move || {
            let pass = AssertUnwindSafe(|| pool.install(|| process(&bytes, &request, &mut sink)));
            let event =
                catch_unwind(pass).map_or(Event::Panic, |done| Event::End(done.stats.total_csg_failures));
            let _ = sender.send(event);
        };
        let thread = thread::Builder::new().name("geometry".to_owned());
        thread.spawn(work).map_err(|e| kernel(&e.to_string()))?;
        Ok(Self { events, stop, audit })
    }

    fn finished(&self, id: u32) -> bool {
        // There is a receipt of every product that is done, whether or not a solid came out.
        !matches!(self.audit.require_complete(id), Err(reason) if reason.ends_with("no completed processing receipt"))
    }

    /// The next event; none where `patience` passed without one and without a product of `ids` finished.
    fn next(&self, ids: &[u32], patience: Duration) -> Option<Event> {
        let mut known = None;
        loop {
            match self.events.recv_timeout(patience) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Disconnected) => return Some(Event::Panic),
                Err(RecvTimeoutError::Timeout) => {
                    let finished = ids.iter().filter(|id| self.finished(**id)).count();
                    if known == Some(finished) {
                        return None;
                    }
                    known = Some(finished);
                }
            }
        }
    }

    /// The products of `ids` (in the order of the file) that were begun and not finished: those before the last that
    /// is finished, and the first behind it.
    fn stuck(&self, ids: &[u32]) -> Vec<u32> {
        let last = ids.iter().rposition(|id| self.finished(*id)).map_or(0, |at| at + 1);
        let begun = ids[..last].iter().filter(|id| !self.finished(**id));
        begun.chain(ids.get(last)).copied().collect()
    }
}

/// Which openings are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cuts {
    /// All: what is seen.
    All,
    /// Not those in walls that a door or window fills: wall and filling together have the same outline, and the same
    /// box, as the whole wall. Cutting them is most of the time that solids take.
    Unfilled,
}

/// Relations whose openings need no cut.
fn filled_openings_in_walls(model: &Model<'_>) -> Vec<u32> {
    let fills = model.exactly("IfcRelFillsElement").iter().filter_map(|id| model.get(*id));
    let filled: HashSet<u32> = fills.filter_map(|fill| fill.reference("RelatingOpeningElement")).collect();
    let in_wall = |void: &Record| {
        model.follow(void, "RelatingBuildingElement").is_some_and(|e| model.is_a(e.entity(), "IfcWall"))
    };
    let is_filled =
        |void: &Record| void.reference("RelatedOpeningElement").is_some_and(|o| filled.contains(&o));
    let voids = model.exactly("IfcRelVoidsElement").iter().filter_map(|id| model.get(*id));
    voids.filter(|void| is_filled(void) && in_wall(void)).map(|void| void.id()).collect()
}

/// Makes the solids of all products but openings, which only cut others.
pub fn make(model: &Model<'_>, cuts: Cuts, time: Time) -> Result<Meshes, BimError> {
    let uncut = if cuts == Cuts::All { Vec::new() } else { filled_openings_in_walls(model) };
    let openings: HashSet<u32> = model.all("IfcFeatureElementSubtraction").into_iter().collect();
    let mut products = model.in_file_order("IfcProduct");
    let has_shape = |id: &u32| model.get(*id).is_some_and(|r| r.reference("Representation").is_some());
    products.retain(|id| !openings.contains(id) && has_shape(id));
    make_each(&model.source(&uncut), products, time)
}

fn make_each(bytes: &Arc<Vec<u8>>, products: Vec<u32>, time: Time) -> Result<Meshes, BimError> {
    let until = Instant::now() + time.whole;
    let mut out =
        Meshes { solids: BTreeMap::new(), cut_short: false, given_up: BTreeSet::new(), failed_booleans: 0 };
    let mut left = products;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for behind in 1.. {
        let threads = MOST_THREADS[usize::from(behind > 1)].min(cores);
        let pass = Pass::begin(Arc::clone(bytes), left.iter().copied().collect(), until, threads);
        let pass = match pass {
            // What was left behind may have taken all there is.
            Err(_) if behind > 1 => {
                out.cut_short = true;
                break;
            }
            pass => pass?,
        };
        let Some(why) = take(&pass, &left, time, &mut out) else {
            out.cut_short |= pass.stop.load(Ordering::Relaxed);
            break;
        };
        pass.stop.store(true, Ordering::Relaxed);
        if why == Left::Panic && !left.iter().any(|id| pass.finished(*id)) {
            return Err(kernel("panic"));
        }
        // What is finished but was not handed over yet is made once more.
        left.retain(|id| !out.solids.contains_key(id));
        let stuck = pass.stuck(&left);
        left.retain(|id| !stuck.contains(id));
        out.given_up.extend(stuck);
        if left.is_empty() {
            break;
        }
        if behind >= MOST_LEFT_BEHIND || Instant::now() > until {
            out.cut_short = true;
            break;
        }
    }
    out.solids.retain(|_, solid| !solid.is_empty());
    Ok(out)
}

/// Takes what a pass makes; none when it ended, else why it was left.
fn take(pass: &Pass, ids: &[u32], time: Time, out: &mut Meshes) -> Option<Left> {
    // Before the first product, styles and openings of the whole file are resolved.
    let mut patience = time.whole.max(time.element);
    loop {
        match pass.next(ids, patience) {
            None => return Some(Left::Stuck),
            Some(Event::Panic) => return Some(Left::Panic),
            Some(Event::Begin) => patience = time.element,
            Some(Event::End(failed)) => {
                out.failed_booleans += failed;
                return None;
            }
            Some(Event::Batch(parts)) => {
                for part in parts {
                    out.solids.entry(part.product).or_default().add(part.vertices, &part.indices, part.color);
                }
            }
        }
    }
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
