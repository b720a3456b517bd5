//! What is written reads as the same; hostile files are refused with their place.

use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::bim::facts::Box3;

fn text() -> impl Strategy<Value = String> {
    "[ -~ạđ€\n\t\r]{0,12}[A-Za-z<&\"']".prop_map(|s| s)
}

fn maybe_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn guid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn date() -> impl Strategy<Value = DateTime<chrono::Utc>> {
    (0_i64..4_000_000_000, 0_u32..1_000_000_000).prop_map(|(s, n)| DateTime::from_timestamp(s, n).unwrap())
}

fn point() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(-1e9..1e9_f64)
}

fn component() -> impl Strategy<Value = Component> {
    (prop::option::of("[0-9A-Za-z_$]{22}"), maybe_text(), maybe_text()).prop_map(|(id, system, tool)| {
        Component { ifc_guid: id, originating_system: system, authoring_tool_id: tool }
    })
}

fn list() -> impl Strategy<Value = Vec<Component>> {
    prop::collection::vec(component(), 0..3)
}

fn components() -> impl Strategy<Value = Components> {
    let hints = prop::option::of(any::<[bool; 3]>());
    (list(), any::<bool>(), list(), hints, "[0-9A-F]{6}", list()).prop_map(
        |(selection, default, ex, h, color, c)| {
            let hints = h.map(|[a, b, c]| ViewSetupHints {
                spaces_visible: a,
                space_boundaries_visible: b,
                openings_visible: c,
            });
            let coloring = if c.is_empty() { Vec::new() } else { vec![Coloring { color, components: c }] };
            Components { selection, visibility: Visibility { default, exceptions: ex, hints }, coloring }
        },
    )
}

fn viewpoint(version: Version) -> impl Strategy<Value = Viewpoint> {
    let new = version == Version::V3_0;
    let lens =
        prop_oneof![(45.0..60.0_f64).prop_map(Lens::Perspective), (0.1..1e4_f64).prop_map(Lens::Orthogonal)];
    let camera = (point(), point(), point(), lens, 0.1..9.0_f64).prop_map(move |(p, d, u, lens, a)| Camera {
        view_point: p,
        direction: d,
        up: u,
        lens,
        aspect_ratio: new.then_some(a),
    });
    let planes = prop::collection::vec(
        (point(), point()).prop_map(|(location, direction)| ClippingPlane { location, direction }),
        0..3,
    );
    let snapshot = prop::option::of(Just(b"\x89PNG\r\n\x1a\n...".to_vec()));
    (guid(), any::<Option<i32>>(), prop::option::of(components()), camera, planes, snapshot).prop_map(
        |(guid, index, components, camera, clipping_planes, snapshot)| Viewpoint {
            guid,
            index,
            components,
            camera: Some(camera),
            clipping_planes,
            snapshot,
        },
    )
}

fn topic(version: Version) -> impl Strategy<Value = Topic> {
    let comment =
        (guid(), date(), text(), text(), prop::option::of(guid()), prop::option::of(date()), maybe_text());
    let comment =
        comment.prop_map(|(guid, date, author, text, viewpoint, modified_date, modified_author)| Comment {
            guid,
            date,
            author,
            text,
            viewpoint,
            modified_date,
            modified_author,
        });
    let file = (prop::option::of("[0-9A-Za-z_$]{22}"), any::<bool>(), maybe_text(), prop::option::of(date()));
    let file = file.prop_map(|(id, external, name, date)| HeaderFile {
        ifc_project: id,
        ifc_spatial_structure_element: None,
        is_external: external,
        filename: name,
        date,
        reference: None,
    });
    let texts = (text(), text(), maybe_text(), maybe_text(), maybe_text(), text(), text());
    let lists = (
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(guid(), 0..3),
        prop::collection::vec(file, 0..2),
        prop::collection::vec(comment, 0..3),
        prop::collection::vec(viewpoint(version), 0..3),
    );
    (guid(), texts, date(), prop::option::of(date()), any::<Option<i32>>(), lists).prop_map(
        |(guid, (title, author, priority, stage, description, kind, status), made, due, index, l)| Topic {
            guid,
            topic_type: Some(kind),
            status: Some(status),
            title,
            priority,
            index,
            labels: l.0.clone(),
            reference_links: l.0,
            creation_date: made,
            creation_author: author.clone(),
            modified_date: due,
            modified_author: Some(author.clone()),
            due_date: due,
            assigned_to: Some(author),
            stage,
            description,
            related_topics: l.1,
            files: l.2,
            comments: l.3,
            viewpoints: l.4,
        },
    )
}

fn project(version: Version) -> impl Strategy<Value = Project> {
    (text(), maybe_text(), prop::collection::vec(topic(version), 0..3)).prop_map(|(id, name, mut topics)| {
        topics.sort_by_key(|t| t.guid);
        Project { id: Some(id), name, topics }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_as_the_same(
        (version, project) in prop_oneof![Just(Version::V2_1), Just(Version::V3_0)]
            .prop_flat_map(|v| (Just(v), project(v)))
    ) {
        let bytes = write(&project, version).unwrap();
        prop_assert_eq!(&bytes, &write(&project, version).unwrap());
        prop_assert_eq!(read(&bytes, &Limits::default()).unwrap(), (version, project));
    }

    #[test]
    fn damaged_bytes_never_panic(at in 0_usize..2000, byte in any::<u8>()) {
        let mut bytes = write(&made(&[]), Version::V3_0).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&bytes, &Limits::default());
    }
}

const CUBE: [[u32; 3]; 12] = [
    [0, 2, 3],
    [0, 3, 1],
    [4, 5, 7],
    [4, 7, 6],
    [0, 1, 5],
    [0, 5, 4],
    [2, 6, 7],
    [2, 7, 3],
    [0, 4, 6],
    [0, 6, 2],
    [1, 3, 7],
    [1, 7, 5],
];
const ID: &str = "0000000000000000000001";

fn cube(at: f64) -> Vec<[f64; 3]> {
    (0..8).map(|i: usize| [0, 1, 2].map(|k| at + f64::from(u8::from(i >> k & 1 == 1)))).collect()
}

fn made(parts: &[Part<'_>]) -> Project {
    let check = FailedCheck {
        rule: "P07".into(),
        title: "Chiều cao".into(),
        clause: "QCVN 01:2021 mục 2.6".into(),
        message: "Cao quá giới hạn".into(),
        measured: Some("12,5 m".into()),
        limit: Some("12 m".into()),
        elements: vec![ID.into(), "not a GlobalId".into()],
        ..FailedCheck::default()
    };
    let origin = Origin {
        project_id: "HS-1".into(),
        project_name: "Nhà ống".into(),
        author: "dothi".into(),
        date: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        file_name: Some("nhà.ifc".into()),
        ifc_project: Some("0000000000000000000009".into()),
    };
    let boxes = BTreeMap::from([(ID.to_owned(), Box3 { min: [0.0; 3], max: [1.0; 3] })]);
    from_checks(&[check.clone(), check], &origin, &boxes, parts).unwrap()
}

#[test]
fn a_failed_check_becomes_a_topic_with_a_red_element() {
    let (near, far) = (cube(0.0), cube(1.5));
    let parts = [
        Part { global_id: ID, vertices: &near, triangles: &CUBE },
        Part { global_id: "other", vertices: &far, triangles: &CUBE },
    ];
    let project = made(&parts);
    assert_eq!(project, made(&parts));
    assert_eq!(project.topics.len(), 2);
    assert_ne!(project.topics[0].guid, project.topics[1].guid);
    let topic = &project.topics[0];
    assert_eq!(topic.labels, ["P07", "QCVN 01:2021 mục 2.6"]);
    assert!(topic.description.as_ref().unwrap().contains("12,5 m"));
    let view = &topic.viewpoints[0];
    let components = view.components.as_ref().unwrap();
    assert_eq!(components.selection.len(), 1);
    assert_eq!(components.coloring[0].components[0].ifc_guid.as_deref(), Some(ID));
    let decoder = png::Decoder::new(std::io::Cursor::new(view.snapshot.as_ref().unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (800, 600));
    let red = pixels.chunks(3).filter(|p| p[0] > 100 && p[1] < 60).count();
    let grey = pixels.chunks(3).filter(|p| p[0] < 250 && p[0].abs_diff(p[1]) < 8).count();
    assert!(red > 5000 && grey > 1000, "{red} red and {grey} grey pixels");
    // The middle of the picture is the failed element's.
    let middle = &pixels[(300 * 800 + 400) * 3..][..3];
    assert!(middle[0] > 100 && middle[1] < 60, "{middle:?}");
    for version in [Version::V2_1, Version::V3_0] {
        let bytes = write(&project, version).unwrap();
        let (found, again) = read(&bytes, &Limits::default()).unwrap();
        assert_eq!((found, again.topics.len()), (version, 2));
        assert_eq!(again.topics[0].viewpoints[0].snapshot, topic.viewpoints[0].snapshot);
    }
}

fn pixels(png: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (800, 600));
    pixels
}

fn red_pixels(png: &[u8]) -> usize {
    pixels(png).chunks(3).filter(|p| p[0] > 100 && p[1] < 60).count()
}

/// A camera at the origin that looks north.
fn northwards() -> Camera {
    Camera {
        view_point: [0.0; 3],
        direction: [0.0, 1.0, 0.0],
        up: [0.0, 0.0, 1.0],
        lens: Lens::Perspective(60.0),
        aspect_ratio: None,
    }
}

#[test]
fn a_floor_under_the_camera_is_cut_at_the_near_plane() {
    // It reaches from behind the camera far to the north: below the horizon all is floor.
    let floor = [[-1e4, -1e4, -2.0], [1e4, -1e4, -2.0], [1e4, 1e4, -2.0], [-1e4, 1e4, -2.0]];
    let part = Part { global_id: ID, vertices: &floor, triangles: &[[0, 1, 2], [0, 2, 3]] };
    let picture = render(&[part], &[ID.to_owned()], &northwards(), MOST_PIXELS).unwrap();
    let red = red_pixels(&picture);
    assert!((230_000..=240_000).contains(&red), "{red}");
    let behind = floor.map(|p| [p[0], p[1] - 2e4, p[2]]);
    let part = Part { vertices: &behind, ..part };
    assert_eq!(red_pixels(&render(&[part], &[ID.to_owned()], &northwards(), MOST_PIXELS).unwrap()), 0);
}

#[test]
fn many_large_triangles_are_drawn_coarser_within_bounds() {
    // A hundred thousand triangles over the whole picture, one behind the other: 48 thousand million pixels.
    let mut vertices = Vec::new();
    let mut triangles = Vec::new();
    for i in 0..100_000_u32 {
        let y = 10.0 + f64::from(i) * 1e-4;
        vertices.extend([[-100.0, y, -100.0], [100.0, y, -100.0], [0.0, y, 100.0]]);
        triangles.push([3 * i, 3 * i + 1, 3 * i + 2]);
    }
    let part = Part { global_id: ID, vertices: &vertices, triangles: &triangles };
    let began = std::time::Instant::now();
    let picture = render(&[part], &[ID.to_owned()], &northwards(), MOST_PIXELS).unwrap();
    let took = began.elapsed();
    println!("100,000 triangles over the whole picture: {took:?}");
    assert!(red_pixels(&picture) > 400_000);
    assert!(took < std::time::Duration::from_mins(1), "{took:?}");
    // As many small ones cost little and stay sharp.
    let small: Vec<[f64; 3]> = (0..100_000_u32)
        .flat_map(|i| {
            let (x, z) = (f64::from(i % 400) * 0.05 - 10.0, f64::from(i / 400) * 0.05 - 6.0);
            [[x, 20.0, z], [x + 0.05, 20.0, z], [x, 20.0, z + 0.05]]
        })
        .collect();
    let part = Part { global_id: ID, vertices: &small, triangles: &triangles };
    let began = std::time::Instant::now();
    let picture = render(&[part], &[ID.to_owned()], &northwards(), MOST_PIXELS).unwrap();
    println!("100,000 small triangles: {:?}", began.elapsed());
    let pixels = pixels(&picture);
    assert!(red_pixels(&picture) > 10_000);
    assert!(pixels.chunks(6).any(|p| p[..3] != p[3..]), "neighbouring pixels differ: it was not enlarged");
}

#[test]
fn a_model_gives_views_and_pictures_of_its_elements() {
    let path = format!("{}/ifc-samples/tube_house.ifc", env!("CARGO_MANIFEST_DIR"));
    let model = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&model);
    let wall = text.split("IFCWALL").nth(1).unwrap().split('\'').nth(1).unwrap();
    let check = FailedCheck {
        rule: "P09".to_owned(),
        title: "Chiều cao".to_owned(),
        elements: vec![wall.to_owned()],
        ..FailedCheck::default()
    };
    let again = FailedCheck { rule: "P10".to_owned(), ..check.clone() };
    let origin = Origin { project_id: "HS-1".to_owned(), author: "Dothi".to_owned(), ..Origin::default() };
    let limits = crate::bim::Limits::default();
    for version in [Version::V2_1, Version::V3_0] {
        let make = || of_model(&model, &limits, &[check.clone(), again.clone()], &origin, version).unwrap();
        let bytes = make();
        assert_eq!(bytes, make(), "the same checks give the same bytes");
        let (found, project) = read(&bytes, &Limits::default()).unwrap();
        assert_eq!((found, project.topics.len()), (version, 2));
        for topic in &project.topics {
            let view = &topic.viewpoints[0];
            let selection = &view.components.as_ref().unwrap().selection;
            assert_eq!(selection[0].ifc_guid.as_deref(), Some(wall));
            assert!(red_pixels(view.snapshot.as_ref().unwrap()) > 1000);
            assert!(topic.files[0].ifc_project.is_some());
        }
    }
}

fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<_> = entries.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
    archive::pack(&entries).unwrap()
}

fn refusal(markup: &str) -> String {
    let bytes = zipped(&[("bcf.version", "<Version VersionId=\"2.1\"/>"), ("a/markup.bcf", markup)]);
    read(&bytes, &Limits::default()).unwrap_err().to_string()
}

#[test]
fn bad_files_are_refused_with_their_place() {
    assert!(read(b"no zip", &Limits::default()).unwrap_err().to_string().contains("ZIP"));
    let none = read(&zipped(&[("x", "")]), &Limits::default()).unwrap_err().to_string();
    assert!(none.contains("bcf.version"), "{none}");
    let old = zipped(&[("bcf.version", "<Version VersionId=\"1.0\"/>")]);
    assert!(read(&old, &Limits::default()).unwrap_err().to_string().contains("1.0"));
    let e = refusal("<Markup>\n<Topic Guid=\"x\"/></Markup>");
    assert!(e.contains("a/markup.bcf line 2") && e.contains("Guid"), "{e}");
    let e = refusal("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><Markup>&b;</Markup>");
    assert!(e.contains("DOCTYPE"), "{e}");
    let e = refusal(&"<Markup>".repeat(100_000));
    assert!(e.contains("deep"), "{e}");
}

#[test]
fn a_bomb_is_refused() {
    let bytes =
        zipped(&[("bcf.version", "<Version VersionId=\"3.0\"/>"), ("a/markup.bcf", &" ".repeat(20 << 20))]);
    assert!(bytes.len() < 100_000);
    let e = read(&bytes, &Limits::default()).unwrap_err().to_string();
    assert!(e.contains("a/markup.bcf") && e.contains("unpacks"), "{e}");
}

#[test]
fn unknown_elements_are_left_out_and_dates_without_zone_are_utc() {
    let bytes = zipped(&[
        ("bcf.version", "<Version VersionId=\"2.1\"/>"),
        (
            "a/markup.bcf",
            "<Markup><Vendor><Topic/></Vendor><Topic Guid=\"00000000-0000-0000-0000-000000000001\"><Title>T</Title>\
             <CreationDate>2024-05-06T07:08:09</CreationDate><CreationAuthor>A</CreationAuthor><X>y</X></Topic></Markup>",
        ),
    ]);
    let (_, project) = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(project.topics[0].creation_date.to_rfc3339(), "2024-05-06T07:08:09+00:00");
    let again = read(&write(&project, Version::V2_1).unwrap(), &Limits::default()).unwrap();
    assert_eq!(again, (Version::V2_1, project));
}

/// For an outside check: where `DOTHI_BCF_OUT` names a folder, sample files of both versions are laid there.
#[test]
fn both_versions_are_written_for_the_sample_check() {
    let near = cube(0.0);
    let mut project = made(&[Part { global_id: ID, vertices: &near, triangles: &CUBE }]);
    let related = project.topics[1].guid;
    let topic = &mut project.topics[0];
    let date = Some(topic.creation_date);
    (topic.modified_date, topic.due_date, topic.priority) = (date, date, Some("1".into()));
    (topic.modified_author, topic.assigned_to, topic.stage) =
        (Some("a".into()), Some("b".into()), Some("c".into()));
    topic.related_topics = vec![related];
    topic.reference_links = vec!["https://example.org/?a=1&b=2".into()];
    let mut second = topic.viewpoints[0].clone();
    second.guid = Uuid::from_u128(7);
    second.index = Some(1);
    second.clipping_planes = vec![ClippingPlane { location: [1e-7, 0.0, 1e20], direction: [0.0, 0.0, 1.0] }];
    if let Some(camera) = &mut second.camera {
        camera.lens = Lens::Orthogonal(12.5);
    }
    topic.comments = vec![Comment {
        guid: Uuid::from_u128(8),
        date: topic.creation_date,
        author: "Cán bộ".into(),
        text: "Đã xem".into(),
        viewpoint: Some(second.guid),
        modified_date: date,
        modified_author: Some("a".into()),
    }];
    topic.viewpoints.push(second);
    for version in [Version::V2_1, Version::V3_0] {
        let bytes = write(&project, version).unwrap();
        assert!(bytes.starts_with(b"PK"));
        if let Ok(folder) = std::env::var("DOTHI_BCF_OUT") {
            std::fs::write(format!("{folder}/{}.bcf", version.id()), bytes).unwrap();
        }
    }
}
