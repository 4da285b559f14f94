//! Pages of a column, unpacked here and within bounds: what reads Parquet makes room for whatever the head of a page claims, and
//! goes on with gzip for as long as that goes on.
//!
//! In: the pages of a column as they lie in the file. Out: the same unpacked, none larger than what is left of a budget. It refuses to
//! know what stands in a page, and to keep account of it (`pages`).

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::ChunkReader;
use parquet::file::serialized_reader::SerializedPageReader;

use super::pages::Budget;

/// What the head of a block of Hadoop's LZ4 takes: its length unpacked, and packed.
const LZ4_HEAD: usize = 8;
/// What LZ4 in frames begins with.
const LZ4_FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
/// Bytes that one byte of LZ4 comes to at most.
const LZ4_MOST: usize = 255;

/// The pages of one column.
pub(super) struct Unpacked<R: ChunkReader> {
    packed: SerializedPageReader<R>,
    compression: Compression,
    budget: Budget,
}

impl<R: ChunkReader> Unpacked<R> {
    pub(super) fn of(file: &Arc<R>, group: &RowGroupMetaData, column: usize, budget: Budget) -> Result<Self> {
        let column = group.column(column);
        // Some writers say of a column without a dictionary that it lies at the very beginning.
        let dictionary = column.dictionary_page_offset().filter(|offset| *offset > 0);
        // What is not said to be packed is handed over as it is.
        let as_it_is = column.clone().into_builder().set_compression(Compression::UNCOMPRESSED);
        let as_it_is = as_it_is.set_dictionary_page_offset(dictionary).build()?;
        let packed = SerializedPageReader::new(Arc::clone(file), &as_it_is, usize::try_from(group.num_rows())?, None)?;
        Ok(Self { packed, compression: column.compression(), budget })
    }

    fn unpacked(&self, mut page: Page) -> Result<Page> {
        let (plain, packed) = match &page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => (0, buf),
            Page::DataPageV2 { buf, is_compressed: false, .. } => (buf.len(), buf),
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                (def_levels_byte_len.saturating_add(*rep_levels_byte_len) as usize, buf)
            }
        };
        let Some((levels, packed)) = packed.split_at_checked(plain) else {
            return Err(ParquetError::EOF("the levels of a page are longer than the page".into()));
        };
        // A page of nothing but nulls has nothing behind its levels.
        if self.compression == Compression::UNCOMPRESSED || packed.is_empty() {
            return Ok(page);
        }
        let bytes = unpack(self.compression, levels, packed, &self.budget)?;
        let (Page::DataPage { buf, .. } | Page::DataPageV2 { buf, .. } | Page::DictionaryPage { buf, .. }) = &mut page;
        *buf = bytes;
        Ok(page)
    }
}

impl<R: ChunkReader> Iterator for Unpacked<R> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl<R: ChunkReader> PageReader for Unpacked<R> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.packed.get_next_page()?;
        page.map(|page| self.unpacked(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.packed.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.packed.skip_next_page()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.packed.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        let page = self.packed.take_deferred_dictionary()?;
        page.map(|page| self.unpacked(page)).transpose()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.packed.at_record_boundary()
    }
}

/// Levels as they are, and what is packed behind them.
fn unpack(compression: Compression, levels: &[u8], packed: &[u8], budget: &Budget) -> Result<Bytes> {
    let left = usize::try_from(budget.left()).unwrap_or(usize::MAX);
    let most = left.checked_sub(levels.len()).ok_or_else(|| budget.spent())?;
    let mut bytes = levels.to_vec();
    match compression {
        Compression::SNAPPY => {
            let length = snap::raw::decompress_len(packed).map_err(external)?;
            let into = grown(&mut bytes, length, most).ok_or_else(|| budget.spent())?;
            snap::raw::Decoder::new().decompress(packed, into).map_err(external)?;
        }
        Compression::GZIP(_) => stream(flate2::bufread::MultiGzDecoder::new(packed), &mut bytes, most, budget)?,
        Compression::ZSTD(_) => stream(zstd::Decoder::with_buffer(packed)?, &mut bytes, most, budget)?,
        Compression::LZ4_RAW => lz4(packed, &mut bytes, most, budget)?,
        Compression::LZ4 => {
            if !hadoop(packed, &mut bytes, most, budget)? {
                bytes.truncate(levels.len());
                // What older versions of some writers made of the same name.
                if packed.starts_with(&LZ4_FRAME) {
                    stream(lz4_flex::frame::FrameDecoder::new(packed), &mut bytes, most, budget)?;
                } else {
                    lz4(packed, &mut bytes, most, budget)?;
                }
            }
        }
        other => return Err(ParquetError::NYI(format!("pages packed by {other}"))),
    }
    // What is held is counted by its length.
    bytes.shrink_to_fit();
    Ok(bytes.into())
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// So many more bytes, unless they are more than may be.
fn grown(bytes: &mut Vec<u8>, more: usize, most: usize) -> Option<&mut [u8]> {
    let from = bytes.len();
    (more <= most).then(|| bytes.resize(from + more, 0))?;
    bytes.get_mut(from..)
}

fn stream(packed: impl Read, bytes: &mut Vec<u8>, most: usize, budget: &Budget) -> Result<()> {
    let from = bytes.len();
    packed.take(most as u64 + 1).read_to_end(bytes)?;
    if bytes.len() - from > most { Err(budget.spent()) } else { Ok(()) }
}

/// A block of LZ4, which does not say how long it is.
fn lz4(packed: &[u8], bytes: &mut Vec<u8>, most: usize, budget: &Budget) -> Result<()> {
    let from = bytes.len();
    let mut guess = packed.len().saturating_mul(4);
    loop {
        bytes.truncate(from);
        let into = grown(bytes, guess.min(most), most).ok_or_else(|| budget.spent())?;
        match lz4_flex::block::decompress_into(packed, into) {
            Ok(length) => {
                bytes.truncate(from + length);
                return Ok(());
            }
            Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) if guess < most => {
                guess = guess.saturating_mul(4);
            }
            Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) => return Err(budget.spent()),
            Err(error) => return Err(external(error)),
        }
    }
}

/// Blocks of LZ4 as Hadoop writes them one after the other; whether they are such.
fn hadoop(mut packed: &[u8], bytes: &mut Vec<u8>, most: usize, budget: &Budget) -> Result<bool> {
    let from = bytes.len();
    while let Some((head, rest)) = packed.split_first_chunk::<LZ4_HEAD>() {
        let [u0, u1, u2, u3, p0, p1, p2, p3] = *head;
        let [unpacked, length] = [[u0, u1, u2, u3], [p0, p1, p2, p3]].map(|number| u32::from_be_bytes(number) as usize);
        let Some((block, behind)) = rest.split_at_checked(length) else { return Ok(false) };
        if unpacked / LZ4_MOST > length {
            return Ok(false);
        }
        let left = most - (bytes.len() - from);
        let into = grown(bytes, unpacked, left).ok_or_else(|| budget.spent())?;
        if lz4_flex::block::decompress_into(block, into).ok() != Some(unpacked) {
            return Ok(false);
        }
        packed = behind;
    }
    // Of nothing Hadoop writes the length alone.
    Ok(packed.is_empty() || packed == [0; 4])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LENGTH: usize = 2 << 20;

    /// The same bytes in every packing that is read.
    fn packings() -> Vec<(Compression, Vec<u8>)> {
        let plain = vec![b'x'; LENGTH];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        gzip.write_all(&plain).unwrap();
        let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
        frame.write_all(&plain).unwrap();
        let raw = lz4_flex::block::compress(&plain);
        let half = lz4_flex::block::compress(&plain[..LENGTH / 2]);
        let head = |unpacked: usize, packed: usize| [unpacked, packed].map(|n| (n as u32).to_be_bytes()).concat();
        let block = [head(LENGTH / 2, half.len()), half].concat();
        vec![
            (Compression::SNAPPY, snap::raw::Encoder::new().compress_vec(&plain).unwrap()),
            (Compression::GZIP(Default::default()), gzip.finish().unwrap()),
            (Compression::ZSTD(Default::default()), zstd::encode_all(plain.as_slice(), 3).unwrap()),
            (Compression::LZ4, [block.clone(), block].concat()),
            (Compression::LZ4, raw.clone()),
            (Compression::LZ4, frame.finish().unwrap()),
            (Compression::LZ4_RAW, raw),
        ]
    }

    fn budget(bytes: usize) -> Budget {
        Budget::new(bytes as u64)
    }

    fn is_too_large(error: &ParquetError) -> bool {
        super::super::code(error) == "too_large"
    }

    #[test]
    fn what_is_packed_is_unpacked_as_far_as_there_is_room() {
        for (compression, packed) in packings() {
            let found = unpack(compression, b"levels", &packed, &budget(6 + LENGTH)).unwrap();
            assert!(found.starts_with(b"levelsxxx") && found.len() == 6 + LENGTH, "{compression}");
            for most in [0, 5, 6, LENGTH / 2, 5 + LENGTH] {
                let error = unpack(compression, b"levels", &packed, &budget(most)).unwrap_err();
                assert!(is_too_large(&error), "{compression} {most} {error}");
            }
            let torn = &packed[..packed.len() - 12];
            assert!(!is_too_large(&unpack(compression, b"", torn, &budget(2 * LENGTH)).unwrap_err()), "{compression}");
        }
    }

    #[test]
    fn no_room_is_made_for_what_is_only_claimed() {
        let snappy = [0xff, 0xff, 0xff, 0xff, 0x07, 0x00];
        assert!(is_too_large(&unpack(Compression::SNAPPY, b"", &snappy, &budget(LENGTH)).unwrap_err()));
        let hadoop = [[0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 1], [0; 4]].concat();
        assert!(unpack(Compression::LZ4, b"", &hadoop, &budget(LENGTH)).is_err());
    }
}
