//! Styles, glyphs and icons through the front door: what a style names is there, and it names nothing that its reader
//! may not see.

use std::collections::BTreeSet;

use dothi::layers::Value;
use geozero::mvt::{Message, Tile};
use reqwest::{StatusCode, header};
use serde_json::Value as Json;

use crate::front::{Server, point, square};

const AT: (f64, f64) = (411_600.0, 1_327_195.0);
const SLD: &str = "application/vnd.ogc.sld+xml;version=1.0";

async fn server() -> Server {
    let server = Server::start().await;
    server.insert("parcel", square(AT.0, AT.1, 30.0), &[]).await;
    let name = [("name", Value::Text("Bệnh viện".to_owned()))];
    server.insert("hospital_clinic", point(AT.0, AT.1), &name).await;
    server
}

fn layers(style: &Json) -> &Vec<Json> {
    style["layers"].as_array().unwrap()
}

/// Everything that a style names by address is there and of the right type.
#[tokio::test(flavor = "multi_thread")]
async fn the_style_of_all_layers_stands_for_itself() {
    let server = server().await;
    let style = server.json("/ogc/styles/default").await;
    assert_eq!(style["version"], 8);
    let sources = style["sources"].as_object().unwrap();
    assert_eq!(sources.len(), 1, "QGIS takes one source");
    let (source, of_source) = sources.iter().next().unwrap();
    let tilejson: Json =
        server.client.get(of_source["url"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    let known: BTreeSet<&str> =
        tilejson["vector_layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    let (mut fonts, mut icons) = (BTreeSet::new(), BTreeSet::new());
    for layer in layers(&style).iter().filter(|l| l["type"] != "background") {
        assert_eq!(layer["source"], **source);
        let id = layer["source-layer"].as_str().unwrap();
        assert!(known.contains(id), "{id}");
        let shown = layer["layout"]["visibility"] != "none";
        assert_eq!(shown, server.layer(id).visible, "{id}: as the map opens with it");
        fonts.extend(layer["layout"]["text-font"][0].as_str());
        icons.extend(layer["layout"]["icon-image"].as_str());
    }
    assert!(fonts.len() == 2 && icons.contains("hospital") && icons.contains("school") && icons.len() > 10);
    for font in fonts {
        let href =
            style["glyphs"].as_str().unwrap().replace("{fontstack}", font).replace("{range}", "7680-7935");
        let answer = server.client.get(&href).send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()[header::CONTENT_TYPE]),
            (StatusCode::OK, &header::HeaderValue::from_static("application/x-protobuf")),
            "{href}"
        );
        assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    let sprite = style["sprite"].as_str().unwrap();
    for scale in ["", "@2x"] {
        let index: Json =
            server.client.get(format!("{sprite}{scale}.json")).send().await.unwrap().json().await.unwrap();
        assert!(icons.iter().all(|icon| index[*icon]["width"].is_number()), "{index}");
        let picture = server.client.get(format!("{sprite}{scale}.png")).send().await.unwrap();
        assert_eq!(picture.headers()[header::CONTENT_TYPE], "image/png");
        assert!(picture.bytes().await.unwrap().starts_with(b"\x89PNG"));
    }
    // An icon by itself, as SLD names it.
    let icon = server.get("/ogc/sprites/hospital.svg").await;
    assert_eq!(icon.headers()[header::CONTENT_TYPE], "image/svg+xml");
    for missing in [
        "/ogc/sprites/nothing.svg",
        "/ogc/sprites/default@3x.png",
        "/fonts/Arial/0-255.pbf",
        "/fonts/Noto%20Sans%20Regular/1-256.pbf",
    ] {
        assert_eq!(server.get(missing).await.status(), StatusCode::NOT_FOUND, "{missing}");
    }
    let stack = server.get("/fonts/Arial%20Unicode%20MS,Noto%20Sans%20Regular/0-255.pbf").await;
    assert_eq!(stack.status(), StatusCode::OK, "the first font of a stack that is there");
}

/// The order of drawing: areas, lines, points and icons, texts.
#[tokio::test(flavor = "multi_thread")]
async fn texts_lie_over_icons_over_areas() {
    let server = server().await;
    let style = server.json("/ogc/styles/default").await;
    let kinds: Vec<u8> = layers(&style)
        .iter()
        .map(|l| match l["type"].as_str().unwrap() {
            "background" => 0,
            "fill" => 1,
            "line" => 2,
            "circle" => 4,
            "symbol" if l["layout"]["text-field"].is_null() => 5,
            "symbol" => 6,
            other => panic!("{other}"),
        })
        .collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    let one = server.json("/ogc/styles/hospital_clinic").await;
    let ids: Vec<&str> = layers(&one).iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), server.layer("hospital_clinic").styles.len());
    assert!(
        layers(&one)
            .iter()
            .all(|l| l["minzoom"].as_f64().unwrap() >= 8.0 && l["layout"]["visibility"].is_null())
    );
}

/// ogcapi-styles core, mapbox-styles, sld-10: a style in each form by `f` and by `Accept`, and its metadata.
#[tokio::test(flavor = "multi_thread")]
async fn a_style_is_there_in_each_form_that_its_metadata_names() {
    let server = server().await;
    let list = server.json("/ogc/styles").await;
    assert_eq!(list["default"], "default");
    let listed: BTreeSet<&str> =
        list["styles"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert!(listed.contains("parcel") && listed.contains("default") && !listed.contains("camera_traffic"));
    for id in ["parcel", "default"] {
        let about = server.json(&format!("/ogc/styles/{id}/metadata")).await;
        assert_eq!((about["id"].as_str(), about["scope"].as_str()), (Some(id), Some("style")));
        let sheets = about["stylesheets"].as_array().unwrap();
        assert!(sheets.iter().any(|s| s["native"] == true));
        for sheet in sheets {
            let link = &sheet["link"];
            let (href, kind) = (link["href"].as_str().unwrap(), link["type"].as_str().unwrap());
            assert_eq!(link["rel"], "stylesheet");
            let by_link = server.client.get(href).send().await.unwrap();
            assert_eq!(
                (by_link.status(), by_link.headers()[header::CONTENT_TYPE].to_str().unwrap()),
                (StatusCode::OK, kind),
                "{href}"
            );
            let url = format!("{}/ogc/styles/{id}", server.base);
            let by_type = server.client.get(&url).header("accept", kind).send().await.unwrap();
            assert_eq!(by_type.bytes().await.unwrap(), by_link.bytes().await.unwrap(), "{id} {kind}");
        }
        let layer = &about["layers"].as_array().unwrap().iter().find(|l| l["id"] == "parcel").unwrap();
        assert_eq!(layer["type"], "polygon");
        let url = format!("{}/ogc/styles/{id}", server.base);
        let page =
            server.client.get(url).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
        assert!(page.contains("id=\"style-map\"") && page.contains("f=sld10"), "{page}");
    }
    for wrong in
        ["/ogc/styles/parcel?f=sld11", "/ogc/styles/parcel?x=1", "/ogc/styles/parcel/metadata?f=mapbox"]
    {
        assert_eq!(server.get(wrong).await.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    for hidden in [
        "/ogc/styles/camera_traffic",
        "/ogc/styles/camera_traffic/metadata",
        "/ogc/styles/camera_traffic?f=sld10",
    ] {
        assert_eq!(server.get(hidden).await.status(), StatusCode::NOT_FOUND, "{hidden}");
    }
}

/// SLD 1.0 of a layer: Vietnamese titles, scales, filters, labels, icons by their address.
#[tokio::test(flavor = "multi_thread")]
async fn an_sld_says_what_the_style_says() {
    let server = server().await;
    let url = format!("{}/ogc/styles/hospital_clinic?f=sld10", server.base);
    let answer = server.client.get(&url).header("accept-language", "vi").send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], SLD);
    let sld = answer.text().await.unwrap();
    for part in [
        "<Title>Cơ sở y tế</Title>",
        "<ogc:PropertyIsEqualTo>",
        "<ogc:Literal>clinic</ogc:Literal>",
        "<ogc:PropertyName>name</ogc:PropertyName>",
        "<WellKnownName>circle</WellKnownName>",
        // Zoom 15, from which on clinics have their names.
        "<MaxScaleDenominator>8531</MaxScaleDenominator>",
        &format!("xlink:href=\"{}/ogc/sprites/hospital.svg\"", server.base),
    ] {
        assert!(sld.contains(part), "{part} is not in {sld}");
    }
    let all = server.get("/ogc/styles/default?f=sld10").await.text().await.unwrap();
    assert!(all.matches("<NamedLayer>").count() > 40 && !all.contains("<Name>camera_traffic</Name>"));
}

/// Glyphs of a range: (code point, width, height, left, top, advance, field).
#[derive(Debug, Default)]
struct Glyph {
    id: u64,
    bitmap: Vec<u8>,
    numbers: [i64; 5],
}

/// Reads the Protocol Buffer of a range, as `fontnik` defines it.
fn glyphs(bytes: &[u8]) -> Vec<Glyph> {
    let stack = fields(bytes).into_iter().find(|(n, _, _)| *n == 1).unwrap().2;
    let messages = fields(stack).into_iter().filter(|(n, _, _)| *n == 3).map(|(_, _, message)| message);
    messages
        .map(|message| {
            let mut glyph = Glyph::default();
            for (n, value, bytes) in fields(message) {
                let signed = (value >> 1) as i64 ^ -((value & 1) as i64);
                match n {
                    1 => glyph.id = value,
                    2 => glyph.bitmap = bytes.to_vec(),
                    5 | 6 => glyph.numbers[n as usize - 3] = signed,
                    _ => glyph.numbers[n as usize - 3] = value as i64,
                }
            }
            glyph
        })
        .collect()
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut found = Vec::new();
    let varint = |bytes: &mut &[u8]| {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    };
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        let length = if key & 7 == 2 { value as usize } else { 0 };
        let (content, rest) = bytes.split_at(length);
        bytes = rest;
        found.push((key >> 3, value, content));
    }
    found
}

/// Every letter of Vietnamese has a glyph in both fonts of the layer files.
#[tokio::test(flavor = "multi_thread")]
async fn every_vietnamese_letter_has_a_glyph() {
    let server = Server::start().await;
    let letters = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXY0123456789.,-–()/ \
        àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵÀÁẢÃẠẰẮẲẴẶẦẤẨẪẬÈÉẺẼẸỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌỒỐỔỖỘỜỚỞỠỢÙÚỦŨỤỪỨỬỮỰỲÝỶỸỴ₫";
    for font in ["Noto%20Sans%20Regular", "Noto%20Sans%20Medium"] {
        let mut known = BTreeSet::new();
        for from in [0, 256, 7680, 8192] {
            let answer = server.get(&format!("/fonts/{font}/{from}-{}.pbf", from + 255)).await;
            let tag = answer.headers()[header::ETAG].clone();
            for glyph in glyphs(&answer.bytes().await.unwrap()) {
                let [width, height, ..] = glyph.numbers;
                let expected = if width > 0 { (width + 6) * (height + 6) } else { 0 };
                assert_eq!(glyph.bitmap.len() as i64, expected, "{font} {}", glyph.id);
                known.insert(char::from_u32(glyph.id as u32).unwrap());
            }
            let url = format!("{}/fonts/{font}/{from}-{}.pbf", server.base, from + 255);
            let again = server.client.get(url).header("if-none-match", tag).send().await.unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        }
        let missing: String = letters.chars().filter(|c| !known.contains(c)).collect();
        assert_eq!(missing, "", "{font}");
    }
}

/// A tile that the style of all layers asks for has what it draws there.
#[tokio::test(flavor = "multi_thread")]
async fn the_source_of_the_style_has_its_layers() {
    let server = server().await;
    let style = server.json("/ogc/styles/default").await;
    let tilejson = style["sources"]["dothi"]["url"].as_str().unwrap().strip_prefix(&server.base).unwrap();
    let tiles = server.json(tilejson).await["tiles"][0].as_str().unwrap().to_owned();
    let (lon, lat) = dothi::space::crs::to_crs84(AT.0, AT.1);
    let [x, y] = dothi::space::crs::world_from_crs84(lon, lat).map(|v| v >> 16);
    let href = tiles.replace("{z}", "16").replace("{x}", &x.to_string()).replace("{y}", &y.to_string());
    let tile = Tile::decode(server.client.get(href).send().await.unwrap().bytes().await.unwrap()).unwrap();
    let names: BTreeSet<&str> = tile.layers.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["hospital_clinic", "parcel"]));
}

mod with_test_data {
    use super::*;
    use crate::import_support::test_data;

    /// Against glyphs that another program made of another edition of the font: the same letters, of the same size, at
    /// the same place, with fields that look alike.
    #[tokio::test(flavor = "multi_thread")]
    async fn glyphs_are_like_those_of_another_program() {
        let server = Server::start().await;
        for font in ["Noto Sans Regular", "Noto Sans Medium", "Noto Sans Italic"] {
            for from in [0, 256, 7680] {
                let range = format!("{from}-{}.pbf", from + 255);
                let theirs = glyphs(&std::fs::read(test_data(&format!("glyphs/{font}/{range}"))).unwrap());
                let ours = server.get(&format!("/fonts/{}/{range}", font.replace(' ', "%20"))).await;
                let ours = glyphs(&ours.bytes().await.unwrap());
                let (mut compared, mut apart, mut sum) = (0, 0, 0.0);
                for theirs in theirs.iter().filter(|g| g.id >= 32) {
                    let c = char::from_u32(theirs.id as u32).unwrap();
                    let ours =
                        ours.iter().find(|g| g.id == theirs.id).unwrap_or_else(|| panic!("{font}: no {c}"));
                    let far =
                        ours.numbers.iter().zip(&theirs.numbers).map(|(a, b)| (a - b).abs()).max().unwrap();
                    assert!(far <= 2, "{font} {c}: {:?} for {:?}", ours.numbers, theirs.numbers);
                    if ours.numbers != theirs.numbers {
                        apart += 1;
                        continue;
                    }
                    compared += 1;
                    let pairs = ours.bitmap.iter().zip(&theirs.bitmap);
                    let off: f64 = pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs()).sum();
                    sum += off / ours.bitmap.len().max(1) as f64;
                }
                assert!(compared > apart, "{font} {range}: {compared} of one place, {apart} not");
                // A field runs from 0 to 255 over eight pixels: ten steps are a third of a pixel.
                assert!(sum / f64::from(compared) < 10.0, "{font} {range}: {}", sum / f64::from(compared));
            }
        }
    }
}
