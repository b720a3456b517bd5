//! The only user of GDAL: open, inspect, decode text, reproject, validate, write.
