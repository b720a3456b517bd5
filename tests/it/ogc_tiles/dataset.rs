//! Tiles of several layers: which are in, by whom they are seen, and how fresh they are.

use dothi::access::Role;

use super::*;

fn names(layers: &BTreeMap<String, tile::Layer>) -> Vec<&str> {
    layers.keys().map(String::as_str).collect()
}

/// /conf/collections-selection/query-collections and collections-response: only the named ones, in their order.
#[tokio::test(flavor = "multi_thread")]
async fn a_tile_holds_the_collections_that_are_named_in_their_order() {
    let server = server().await;
    for set in MatrixSet::ALL {
        let tile = path(over(set, 16));
        let whole = server.get(&format!("/ogc/tiles/{tile}")).await;
        assert_eq!(names(&decoded(whole).await), ["hospital_clinic", "parcel"]);
        for (named, order) in [
            ("parcel", vec!["parcel"]),
            ("parcel,hospital_clinic", vec!["parcel", "hospital_clinic"]),
            ("hospital_clinic,%20parcel,hospital_clinic", vec!["hospital_clinic", "parcel"]),
            (&format!("{}/ogc/collections/parcel", server.base), vec!["parcel"]),
        ] {
            let answer = server.get(&format!("/ogc/tiles/{tile}?collections={named}")).await;
            let bytes = answer.bytes().await.unwrap();
            let layers = Decoded::decode(bytes).unwrap().layers;
            assert_eq!(layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), order, "{named}");
        }
        // Each layer is byte for byte that of its own tile.
        let both = server.get(&format!("/ogc/tiles/{tile}?collections=parcel,hospital_clinic")).await;
        let mut parts = Vec::new();
        for id in ["parcel", "hospital_clinic"] {
            let one = server.get(&format!("/ogc/collections/{id}/tiles/{tile}")).await;
            parts.extend_from_slice(&one.bytes().await.unwrap());
        }
        assert_eq!(both.bytes().await.unwrap(), parts);
        let tileset = server.json(&format!("/ogc/tiles/{}?collections=parcel", set.id())).await;
        let layers: Vec<&Json> = tileset["layers"].as_array().unwrap().iter().map(|l| &l["id"]).collect();
        assert_eq!(layers, ["parcel"]);
        assert!(links(&tileset, "item")[0]["href"].as_str().unwrap().contains("collections=parcel"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_collection_is_named_and_a_hidden_one_is_none() {
    let server = server().await;
    let tile = path(over(MatrixSet::WebMercatorQuad, 16));
    let token = server.sign_in("reviewer", dothi::access::Role::Reviewer).await;
    for path in [
        format!("/ogc/tiles/{tile}"),
        "/ogc/tiles/WorldCRS84Quad".to_owned(),
        "/tiles/default.json".to_owned(),
    ] {
        let ask = async |collections: &str| {
            let answer = server.get(&format!("{path}?collections={collections}")).await;
            let status = answer.status();
            (status, answer.text().await.unwrap())
        };
        for wrong in ["nothing", "", "parcel,,hospital_clinic", "camera_traffic", "parcel,nothing"] {
            let (status, text) = ask(wrong).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {wrong}");
            assert!(text.contains("collections"), "{text}");
        }
        // The error of what is hidden is that of what is not there.
        let (hidden, none) = (ask("camera_traffic").await.1, ask("camera_nothing").await.1);
        let plain = |text: &str| {
            let json: Json = serde_json::from_str(text).unwrap();
            json["detail"].as_str().unwrap().replace("traffic", "nothing")
        };
        assert_eq!(plain(&hidden), plain(&none));
        let url = format!("{}{path}?collections=camera_traffic", server.base);
        let officer = server.client.get(url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(officer.status(), StatusCode::OK, "{path}");
    }
    let url = format!("{}/ogc/tiles/{tile}", server.base);
    let officer = server.client.get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(officer.headers()["cache-control"], "private, no-cache");
    assert_eq!(names(&decoded(officer).await), ["camera_traffic", "hospital_clinic", "parcel"]);
    // The officer's tile is in the cache now, and still not what the public gets.
    let public = server.get(&format!("/ogc/tiles/{tile}")).await;
    assert_eq!(public.headers()["cache-control"], "no-cache");
    assert_eq!(names(&decoded(public).await), ["hospital_clinic", "parcel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_has_the_layers_that_are_drawn_at_its_zoom() {
    let server = server().await;
    // Parcels are drawn from zoom 14 on, hospitals from 10 on.
    for (zoom, expected) in
        [(9, None), (12, Some(vec!["hospital_clinic"])), (14, Some(vec!["hospital_clinic", "parcel"]))]
    {
        for set in MatrixSet::ALL {
            let answer = server.get(&format!("/ogc/tiles/{}", path(over(set, zoom)))).await;
            match &expected {
                None => assert_eq!(answer.status(), StatusCode::NO_CONTENT),
                Some(expected) => assert_eq!(names(&decoded(answer).await), *expected, "{set:?} {zoom}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_of_several_layers_is_new_when_one_of_them_changes() {
    let server = server().await;
    for set in MatrixSet::ALL {
        let url = format!("{}/ogc/tiles/{}", server.base, path(over(set, 16)));
        let first = server.client.get(&url).send().await.unwrap();
        let etag = first.headers()["etag"].clone();
        let before = decoded(first).await["parcel"].features.len();
        let known = async || server.client.get(&url).header("if-none-match", &etag).send().await.unwrap();
        let same = known().await;
        assert_eq!((same.status(), &same.headers()["etag"]), (StatusCode::NOT_MODIFIED, &etag));
        assert!(same.bytes().await.unwrap().is_empty());
        let plain = server.client.get(&url).header("accept-encoding", "identity").send().await.unwrap();
        assert_ne!(plain.headers()["etag"], etag, "another encoding is another representation");
        let north = AT.1 + 40.0 * before as f64;
        server.insert("parcel", square(AT.0, north, 30.0), &[]).await;
        let fresh = known().await;
        assert_eq!(decoded(fresh).await["parcel"].features.len(), before + 1, "its writer sees it at once");
    }
}

/// TileJSON 3.0 of a layer and of the dataset, with tiles where it says.
#[tokio::test(flavor = "multi_thread")]
async fn tilejson_leads_to_the_same_tiles() {
    let server = server().await;
    let tile = over(MatrixSet::WebMercatorQuad, 16);
    for (file, ogc, ids) in [
        ("default.json", "/ogc/tiles".to_owned(), vec!["hospital_clinic", "parcel"]),
        ("default.json?collections=parcel", "/ogc/tiles".to_owned(), vec!["parcel"]),
        ("parcel.json", "/ogc/collections/parcel/tiles".to_owned(), vec!["parcel"]),
    ] {
        let json = server.json(&format!("/tiles/{file}")).await;
        assert_eq!((json["tilejson"].as_str(), json["scheme"].as_str()), (Some("3.0.0"), Some("xyz")));
        assert_eq!(json["maxzoom"], 16);
        let layers: Vec<&str> =
            json["vector_layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
        assert!(
            ids.iter().all(|id| layers.contains(id)) && !layers.contains(&"camera_traffic"),
            "{layers:?}"
        );
        let href = json["tiles"][0].as_str().unwrap();
        let href = href
            .replace("{z}", &tile.tile_matrix.to_string())
            .replace("{x}", &tile.tile_col.to_string())
            .replace("{y}", &tile.tile_row.to_string());
        let xyz = server.client.get(href).send().await.unwrap();
        let query = file.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        let same = server.get(&format!("{ogc}/{}{query}", path(tile))).await;
        assert_eq!(xyz.headers()["etag"], same.headers()["etag"]);
        assert_eq!(names(&decoded(xyz).await), ids);
        let bounds = json["bounds"].as_array().unwrap();
        let (lon, lat) = to_crs84(AT.0, AT.1);
        assert!(
            (bounds[0].as_f64().unwrap() - lon).abs() < 1e-4
                && (bounds[1].as_f64().unwrap() - lat).abs() < 1e-4
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_may_be_kept_for_long_only_under_the_revision_that_it_is_of() {
    let server = server().await;
    let token = server.sign_in("reviewer", Role::Reviewer).await;
    let tile = over(MatrixSet::WebMercatorQuad, 16);
    let xyz = format!("{}/{}/{}.mvt", tile.tile_matrix, tile.tile_col, tile.tile_row);
    let kept = async |layer: &str, rev: &str, token: Option<&str>| {
        let mut request = server.client.get(format!("{}/tiles/{layer}/{xyz}{rev}", server.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{layer}{rev}");
        answer.headers()["cache-control"].to_str().unwrap().to_owned()
    };
    let now = server.json("/api/v1/layers").await["revision"].as_str().unwrap().to_owned();
    let asked = format!("?rev={now}");
    let long = "public, max-age=86400, immutable";
    for layer in ["parcel", "default"] {
        assert_eq!(kept(layer, &asked, None).await, long, "{layer}");
        assert_eq!(kept(layer, "", None).await, "no-cache");
        assert_eq!(kept(layer, &asked, Some(&token)).await, "private, max-age=3600");
        let (epoch, revision) = now.split_once('.').unwrap();
        let later = revision.parse::<i64>().unwrap() + 1;
        let wrong =
            [format!("{epoch}.{later}"), format!("{:032x}.{revision}", 7), revision.to_owned(), "1.x".into()];
        for rev in wrong {
            assert_eq!(kept(layer, &format!("?rev={rev}"), None).await, "no-cache", "{layer} {rev}");
        }
    }
    // A change of another layer does not make it another tile; its own does.
    let name = [("name", Value::Text("Trạm y tế".to_owned()))];
    server.insert("hospital_clinic", point(AT.0 + 16.0, AT.1 + 16.0), &name).await;
    assert_eq!(kept("parcel", &asked, None).await, long);
    assert_eq!(kept("default", &asked, None).await, "no-cache");
    let code = [("code", Value::Text("24611-12-9".to_owned()))];
    server.insert("parcel", square(AT.0 + 200.0, AT.1, 30.0), &code).await;
    assert_eq!(kept("parcel", &asked, None).await, "no-cache");
}
