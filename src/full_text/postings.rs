//! The postings of a word of a query in one leaf, in the order of documents: read within a window, or looked up for a document.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, Postings as _, SegmentPostings};
use tantivy::{DocSet as _, TERMINATED};

use super::phrases;

/// Number of documents of a window. Its frequencies and scores fit into the first-level cache.
pub(super) const WIDTH: u32 = 4_096;
/// The same, as a length.
pub(super) const LENGTH: usize = WIDTH as usize;

/// What one occurrence of a word adds to its weighted frequency, by the field norm of the document: the weight of the field by its
/// length normalisation.
pub(super) type Factors = [f32; 256];

/// The documents with a term or phrase in a field, each with the weighted frequency. Documents are read in ascending order only.
pub(super) enum List<'a> {
    /// The postings of a term of a segment.
    Term { blocks: Box<BlockSegmentPostings>, next: usize, norms: FieldNormReader, factors: &'a Factors },
    /// A phrase in a segment.
    Phrase { phrase: PhrasePostings, norms: FieldNormReader, factors: &'a Factors },
    /// Documents of a part in memory.
    Found { documents: Vec<(u32, f32)>, next: usize },
}

impl<'a> List<'a> {
    /// The postings of a term. Without frequencies, as in a field of entries, documents can only be read by [`List::advance`].
    pub fn of_term(blocks: BlockSegmentPostings, norms: FieldNormReader, factors: &'a Factors) -> Self {
        Self::Term { blocks: Box::new(blocks), next: 0, norms, factors }
    }

    /// A number that the next document is not smaller than; [`TERMINATED`] if there is none.
    fn next(&self) -> u32 {
        match self {
            Self::Term { blocks, next, .. } => blocks.docs().get(*next).copied().unwrap_or(TERMINATED),
            Self::Phrase { phrase, .. } => phrase.next(),
            Self::Found { documents, next } => documents.get(*next).map_or(TERMINATED, |(document, _)| *document),
        }
    }

    /// Visits the documents before `end` that were not visited yet.
    fn visit(&mut self, end: u32, mut visit: impl FnMut(u32, f32)) {
        match self {
            Self::Term { blocks, next, norms, factors } => loop {
                let (documents, frequencies) = (blocks.docs(), blocks.freqs());
                let before = *next + documents[*next..].partition_point(|document| *document < end);
                let read = documents[*next..before].iter().zip(&frequencies[*next..before]);
                for (document, frequency) in read {
                    visit(*document, weighted(*frequency, factors, norms.fieldnorm_id(*document)));
                }
                *next = before;
                if documents.is_empty() || before < documents.len() {
                    return;
                }
                blocks.advance();
                *next = 0;
            },
            Self::Phrase { phrase, norms, factors } => {
                while let Some((document, count)) = phrase.advance(end) {
                    visit(document, weighted(count, factors, norms.fieldnorm_id(document)));
                }
            }
            Self::Found { documents, next } => {
                while let Some((document, frequency)) = documents.get(*next).filter(|(document, _)| *document < end) {
                    visit(*document, *frequency);
                    *next += 1;
                }
            }
        }
    }

    /// Reads the next document; `None` at the end.
    pub fn advance(&mut self) -> Option<u32> {
        match self {
            Self::Term { blocks, next, .. } => {
                let document = *blocks.docs().get(*next)?;
                *next += 1;
                if *next == blocks.docs().len() {
                    blocks.advance();
                    *next = 0;
                }
                Some(document)
            }
            Self::Phrase { phrase, .. } => phrase.advance(TERMINATED).map(|(document, _)| document),
            Self::Found { documents, next } => {
                let document = documents.get(*next)?.0;
                *next += 1;
                Some(document)
            }
        }
    }

    /// The weighted frequency in a document, which is not smaller than that of any call before.
    fn at(&mut self, document: u32) -> f32 {
        match self {
            Self::Term { blocks, next, norms, factors } => {
                if blocks.docs().get(*next).is_none_or(|next| *next > document) {
                    return 0.0;
                }
                *next = blocks.seek(document);
                if blocks.docs().get(*next) != Some(&document) {
                    return 0.0;
                }
                weighted(blocks.freq(*next), factors, norms.fieldnorm_id(document))
            }
            Self::Phrase { phrase, norms, factors } => {
                weighted(phrase.at(document), factors, norms.fieldnorm_id(document))
            }
            Self::Found { documents, next } => {
                *next += documents[*next..].partition_point(|(other, _)| *other < document);
                documents.get(*next).filter(|(other, _)| *other == document).map_or(0.0, |(_, frequency)| *frequency)
            }
        }
    }
}

/// A frequency times the factor of a document.
pub(super) fn weighted(frequency: u32, factors: &Factors, norm: u8) -> f32 {
    #[allow(clippy::cast_precision_loss)] // words of a text
    let frequency = frequency as f32;
    frequency * factors[usize::from(norm)]
}

/// The documents of a segment in which some words follow each other.
pub(super) struct PhrasePostings {
    /// The postings of each word, with positions.
    lists: Vec<SegmentPostings>,
    /// The list with the fewest documents.
    rarest: usize,
    positions: Vec<Vec<u32>>,
}

impl PhrasePostings {
    /// `None` without words.
    pub fn new(lists: Vec<SegmentPostings>) -> Option<Self> {
        let rarest = (0..lists.len()).min_by_key(|place| lists[*place].doc_freq())?;
        let positions = vec![Vec::new(); lists.len()];
        Some(Self { lists, rarest, positions })
    }

    fn next(&self) -> u32 {
        self.lists[self.rarest].doc()
    }

    /// The next document before `end` with the phrase, and how often it has it.
    fn advance(&mut self, end: u32) -> Option<(u32, u32)> {
        while self.next() < end {
            let document = self.next();
            let count = self.at(document);
            // All that may be the next one.
            let furthest = self.lists.iter().map(tantivy::DocSet::doc).max().unwrap_or(TERMINATED);
            let rarest = &mut self.lists[self.rarest];
            if furthest > document {
                rarest.seek(furthest);
            } else {
                rarest.advance();
            }
            if count > 0 {
                return Some((document, count));
            }
        }
        None
    }

    /// How often a document has the phrase. The document is not smaller than that of any call before.
    fn at(&mut self, document: u32) -> u32 {
        for list in &mut self.lists {
            if list.doc() < document {
                list.seek(document);
            }
            if list.doc() > document {
                return 0;
            }
        }
        for (list, positions) in self.lists.iter_mut().zip(&mut self.positions) {
            list.positions(positions);
        }
        let positions: Vec<&[u32]> = self.positions.iter().map(Vec::as_slice).collect();
        phrases::count(&positions)
    }
}

/// The postings of a word with all its forms.
pub(super) struct WordPostings<'a>(pub Vec<List<'a>>);

impl WordPostings<'_> {
    /// A number that the next document is not smaller than; [`TERMINATED`] if there is none.
    pub fn next(&self) -> u32 {
        self.0.iter().map(List::next).min().unwrap_or(TERMINATED)
    }

    /// The weighted frequency in a document, summed over fields and forms. The document is not smaller than that of any call
    /// before.
    pub fn at(&mut self, document: u32) -> f32 {
        self.0.iter_mut().map(|list| list.at(document)).sum()
    }

    /// Visits the documents with the word.
    pub fn for_each(&mut self, window: &mut Window, mut visit: impl FnMut(u32, f32)) {
        loop {
            let first = self.next();
            if first == TERMINATED {
                return;
            }
            window.read(self, first, |place, frequency| visit(first + place, frequency));
        }
    }
}

/// The frequencies of a word in consecutive documents.
pub(super) struct Window {
    /// All zeros between two words.
    frequencies: Box<[f32; LENGTH]>,
    /// The places of documents with the word.
    touched: Vec<u32>,
}

impl Default for Window {
    fn default() -> Self {
        Self { frequencies: Box::new([0.0; LENGTH]), touched: Vec::with_capacity(LENGTH) }
    }
}

impl Window {
    /// Visits the documents of the window that begins at `first` that have the word: the place of each in the window, and the
    /// weighted frequency.
    pub fn read(&mut self, word: &mut WordPostings<'_>, first: u32, mut visit: impl FnMut(u32, f32)) {
        let end = first.saturating_add(WIDTH);
        if let [list] = word.0.as_mut_slice() {
            list.visit(end, |document, frequency| visit(document - first, frequency));
            return;
        }
        for list in &mut word.0 {
            list.visit(end, |document, frequency| {
                let place = document - first;
                let sum = &mut self.frequencies[place as usize];
                if *sum == 0.0 {
                    self.touched.push(place);
                }
                *sum += frequency;
            });
        }
        for place in self.touched.drain(..) {
            visit(place, std::mem::take(&mut self.frequencies[place as usize]));
        }
    }
}
