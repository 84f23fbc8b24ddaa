//! The graph as a file: mapped into memory and searched without parsing.
//!
//! A header of fixed size has the counts, from which the place of every section follows. It also has a checksum of itself and of
//! each section. The sections are arrays of little-endian numbers; each starts at a multiple of 64 bytes. Opening reads only the
//! header, so it costs the same for any size. Numbers in the sections are not trusted: each is compared with its bound when it is
//! used, so a damaged section can cost recall but nothing else.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use bytemuck::{AnyBitPattern, Pod, Zeroable};
use memmap2::Mmap;

use super::audit::Audit;
use super::build::{Built, EF_CONSTRUCTION, M, MOST_LAYERS};
use super::codes::{Codes, stride};
use super::distance::LINE;
use super::layers::{Hierarchy, Layer};
use super::link::index;
use crate::durable;
use crate::error::{Error, Result};
use crate::store::Generation;

/// The first bytes of the file. The last byte is the version of the format.
const MAGIC: [u8; 8] = *b"pkgraph\x03";
/// Maximum number of sections. Used are at most 52: offsets of rows, rows, scales, codes; and nodes, places below and lists for
/// each layer.
const MOST_SECTIONS: usize = 64;

/// The state of the store that a graph was built from. The graph serves any later commit of the same generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Covers {
    generation: u64,
    fingerprint: [u8; 32],
    /// The graph contains the papers in rows below this one.
    pub rows: u32,
    dimension: u32,
}

impl Covers {
    pub(super) fn all_of(generation: &Generation) -> Self {
        Self {
            generation: generation.number,
            fingerprint: generation.fingerprint.digest(),
            rows: u32::try_from(generation.rows).unwrap_or(u32::MAX),
            dimension: u32::try_from(generation.fingerprint.dimension).unwrap_or(u32::MAX),
        }
    }

    /// Whether the rows of this graph mean the same papers in a generation.
    pub(super) fn belongs_to(&self, generation: &Generation) -> bool {
        let now = Self::all_of(generation);
        Self { rows: now.rows, ..*self } == now && self.rows <= now.rows
    }
}

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    covers: Covers,
    /// Number of rows in the graph. A node has several rows if their vectors are equal.
    papers: u32,
    m: u32,
    ef_construction: u32,
    entry: u32,
    reached: u32,
    found: u32,
    searched: u32,
    /// Number of nodes that were inserted and removed since the last audit of all nodes.
    changed: u32,
    layers: u32,
    /// Number of places of each layer. That of the lowest layer is the number of nodes.
    places: [u32; MOST_LAYERS],
    /// CRC-32 of each section.
    checksums: [u32; MOST_SECTIONS],
    /// CRC-32 of all fields above.
    checksum: u32,
}

impl Header {
    fn own_checksum(&self) -> u32 {
        let bytes = bytemuck::bytes_of(self);
        crc32fast::hash(&bytes[..bytes.len() - size_of::<u32>()])
    }

    /// The byte ranges of the sections; `None` if they would exceed any possible file.
    fn sections(&self) -> Option<Vec<Range<usize>>> {
        let number = size_of::<u32>();
        let nodes = self.places[0] as usize;
        let mut lengths = vec![(nodes + 1).checked_mul(number)?, (self.papers as usize).checked_mul(number)?];
        lengths.push(nodes.checked_mul(number)?);
        lengths.push(nodes.checked_mul(stride(self.covers.dimension as usize))?);
        for (layer, places) in self.places.iter().enumerate().take(self.layers as usize) {
            let upper = if layer == 0 { 0 } else { (*places as usize).checked_mul(number)? };
            let width = (self.m as usize).checked_mul(if layer == 0 { 2 } else { 1 })?;
            lengths.extend([upper, upper, (*places as usize).checked_mul(width)?.checked_mul(number)?]);
        }
        let mut end = size_of::<Self>();
        let place = |length: usize| {
            let start = end.checked_next_multiple_of(LINE)?;
            end = start.checked_add(length)?;
            Some(start..end)
        };
        lengths.into_iter().map(place).collect()
    }
}

/// A graph in a mapped file.
#[derive(Debug)]
pub struct Frozen {
    map: Mmap,
    header: Header,
    sections: Vec<Range<usize>>,
}

impl Frozen {
    /// Maps a graph file; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::GraphDamaged`] for a file that is truncated, of another format or version, or has an altered header.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        let damaged = |reason: &str| Error::GraphDamaged { path: path.to_owned(), reason: reason.to_owned() };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(&error.to_string())),
        };
        // SAFETY: this program replaces graph files, and never writes to or truncates them. Truncation by another program while
        // the file is mapped is not guarded against.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file) }.map_err(|error| damaged(&error.to_string()))?;
        let Some(start) = map.get(..size_of::<Header>()) else {
            return Err(damaged("it is too short"));
        };
        let header: Header = bytemuck::pod_read_unaligned(start);
        if header.magic != MAGIC {
            return Err(damaged("it is not a graph, or has another version"));
        }
        if header.checksum != header.own_checksum() {
            return Err(damaged("its header was altered"));
        }
        let layers = header.layers as usize;
        let sections = header.sections().filter(|_| (1..=MOST_LAYERS).contains(&layers));
        let sections = sections.ok_or_else(|| damaged("its header has impossible counts"))?;
        let wanted = sections.last().map_or(0, |last| last.end);
        if map.len() != wanted {
            return Err(damaged(&format!("it should have {wanted} bytes, but has {}", map.len())));
        }
        Ok(Some(Self { map, header, sections }))
    }

    /// Compares every section with its checksum.
    ///
    /// # Errors
    /// [`Error::GraphDamaged`].
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        for (number, (section, checksum)) in self.sections.iter().zip(self.header.checksums).enumerate() {
            if crc32fast::hash(&self.map[section.clone()]) != checksum {
                let reason = format!("section {number} was altered");
                return Err(Error::GraphDamaged { path: path.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Writes a graph to a temporary file, syncs it, and renames it to `path`.
    pub(super) fn write(path: &Path, covers: Covers, built: &Built, audit: Audit, changed: usize) -> Result<()> {
        let Built { layers, rows, .. } = built;
        let (offsets, rows) = flat(rows);
        let mut parts: Vec<&[u8]> = vec![
            bytemuck::cast_slice(&offsets),
            bytemuck::cast_slice(&rows),
            bytemuck::cast_slice(&layers.codes.scales),
            bytemuck::cast_slice(&layers.codes.numbers),
        ];
        for layer in &layers.layers {
            parts.extend([&layer.nodes, &layer.below, &layer.lists].map(|numbers| bytemuck::cast_slice(numbers)));
        }
        let mut header = Header {
            magic: MAGIC,
            covers,
            papers: index(rows.len()),
            m: index(M),
            ef_construction: index(EF_CONSTRUCTION),
            entry: layers.entry,
            reached: audit.reached,
            found: audit.found,
            searched: audit.searched,
            changed: index(changed),
            layers: index(layers.layers.len()),
            places: [0; MOST_LAYERS],
            checksums: [0; MOST_SECTIONS],
            checksum: 0,
        };
        for (places, layer) in header.places.iter_mut().zip(&layers.layers) {
            *places = index(layer.len());
        }
        for (checksum, part) in header.checksums.iter_mut().zip(&parts) {
            *checksum = crc32fast::hash(part);
        }
        write_parts(path, header, &parts)
    }

    /// Writes the graph for the next generation, in which rows have other numbers: `new_row` returns the new number of a row, or
    /// `None` for a row that is dropped. All other sections are copied. Nodes whose rows were all dropped remain, without rows.
    pub(super) fn write_renumbered(
        &self,
        path: &Path,
        covers: Covers,
        new_row: impl Fn(u32) -> Option<u32>,
    ) -> Result<()> {
        let rows_of = self.rows();
        let live = |node| rows_of(node).iter().filter_map(|row| new_row(*row)).collect();
        let (offsets, rows) = flat(&(0..self.header.places[0]).map(live).collect::<Vec<Vec<u32>>>());
        let mut header = Header { covers, papers: index(rows.len()), ..self.header };
        let mut parts: Vec<&[u8]> = vec![bytemuck::cast_slice(&offsets), bytemuck::cast_slice(&rows)];
        for (checksum, part) in header.checksums.iter_mut().zip(&parts) {
            *checksum = crc32fast::hash(part);
        }
        // The other sections keep their checksums, so that damage is still detected.
        parts.extend(self.sections.iter().skip(parts.len()).map(|section| &self.map[section.clone()]));
        write_parts(path, header, &parts)
    }

    pub(super) fn covers(&self) -> Covers {
        self.header.covers
    }

    /// The result of the audit after the build.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let Header { places: [nodes, ..], reached, found, searched, .. } = self.header;
        Audit { nodes, reached, found, searched }
    }

    /// Number of nodes that were inserted and removed since the last audit of all nodes.
    pub(super) fn changed(&self) -> usize {
        self.header.changed as usize
    }

    /// Number of nodes that have no rows: their papers were deleted before the last `compact`.
    pub(super) fn empty_nodes(&self) -> usize {
        self.section::<u32>(0).windows(2).filter(|bounds| bounds[0] == bounds[1]).count()
    }

    /// Number of papers in the graph.
    #[must_use]
    pub fn papers(&self) -> usize {
        self.header.papers as usize
    }

    /// Size of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.map.len()
    }

    /// The numbers of a section. Empty if the section is missing or not aligned, which the checks in `open` exclude.
    fn section<T: AnyBitPattern>(&self, number: usize) -> &[T] {
        let bytes = self.sections.get(number).and_then(|range| self.map.get(range.clone())).unwrap_or_default();
        bytemuck::try_cast_slice(bytes).unwrap_or_default()
    }

    /// The layers, borrowed from the mapped file.
    pub(super) fn layers(&self) -> Hierarchy<'_> {
        let codes = Codes {
            stride: stride(self.header.covers.dimension as usize),
            scales: self.section(2).into(),
            numbers: self.section(3).into(),
        };
        let layers = (0..self.header.layers as usize).map(|layer| Layer {
            nodes: self.section(4 + 3 * layer).into(),
            below: self.section(5 + 3 * layer).into(),
            lists: self.section(6 + 3 * layer).into(),
            width: self.header.m as usize * if layer == 0 { 2 } else { 1 },
        });
        Hierarchy { codes, layers: layers.collect(), entry: self.header.entry }
    }

    /// A function that returns the rows of a node.
    pub(super) fn rows<'a>(&'a self) -> impl Fn(u32) -> &'a [u32] {
        let (offsets, rows): (&[u32], &[u32]) = (self.section(0), self.section(1));
        move |node| {
            let place = node as usize;
            match (offsets.get(place), offsets.get(place.saturating_add(1))) {
                (Some(start), Some(end)) => rows.get(*start as usize..*end as usize).unwrap_or_default(),
                _ => &[],
            }
        }
    }
}

/// Where the rows of each node begin, and the rows of all nodes.
fn flat(rows: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
    let mut offsets = vec![0u32];
    offsets.extend(rows.iter().scan(0, |end, rows| {
        *end += index(rows.len());
        Some(*end)
    }));
    (offsets, rows.concat())
}

/// Writes the header, whose own checksum is computed, and the sections.
fn write_parts(path: &Path, mut header: Header, parts: &[&[u8]]) -> Result<()> {
    header.checksum = header.own_checksum();
    let padding = [0; LINE];
    let mut whole: Vec<&[u8]> = vec![bytemuck::bytes_of(&header)];
    let mut end = size_of::<Header>();
    for part in parts {
        let start = end.next_multiple_of(LINE);
        whole.extend([&padding[..start - end], part]);
        end = start + part.len();
    }
    Ok(durable::replace(path, &whole)?)
}
