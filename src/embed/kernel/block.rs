//! Generates vector kernels: a product is computed in blocks of a few rows by a few vectors of columns, whose sums stay in
//! registers. The instruction sets differ only in the size of the blocks.

/// Defines `$multiply`, which computes a product block by block.
///
/// A panel has `$vectors` vectors; a block has `$rows` rows by `$wide` vectors. The sums of a block, its weights and one number
/// of activations must fit into the registers.
macro_rules! blocks {
    (
        $(#[$doc:meta])*
        $multiply:ident, $features:literal, sum: $sum:ty, floats: $floats:ty,
        vectors: $vectors:literal, wide: $wide:literal, rows: $rows:literal,
        start: $start:expr, load: $load:expr, spread: $spread:expr, add: $add:expr, number: $number:expr,
        load_floats: $load_floats:expr, spread_float: $spread_float:expr, times: $times:expr, plus: $plus:expr,
        store: $store:expr $(,)?
    ) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The processor has the features, and the product's slices have the lengths that its shape requires.
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $multiply(product: &mut Product<'_>) {
            const PER_PANEL: usize = $vectors;
            const WIDTH: usize = LANES / PER_PANEL;
            const UNITS: usize = 4;

            /// Computes `ROWS` rows by `WIDE` vectors, starting at vector `first` of all columns.
            #[target_feature(enable = $features)]
            unsafe fn block<const ROWS: usize, const WIDE: usize>(product: &mut Product<'_>, row: usize, first: usize) {
                let units = product.depth * LANES;
                let columns = product.panels * LANES;
                // SAFETY: `row + ROWS` rows and `first + WIDE` vectors of columns are in the product, so all addresses computed
                // here are inside its slices.
                unsafe {
                    let mut a = [product.a.as_ptr().cast::<u32>(); ROWS];
                    for (place, a) in a.iter_mut().enumerate() {
                        *a = a.add((row + place) * units);
                    }
                    let mut w = [product.w.as_ptr().cast::<u32>(); WIDE];
                    for (vector, w) in w.iter_mut().enumerate() {
                        let place = first + vector;
                        let panel = place / PER_PANEL;
                        *w = w.add(panel * units * LANES + (place - panel * PER_PANEL) * WIDTH);
                    }
                    let mut starts: [$sum; WIDE] = [$start(product, first * WIDTH); WIDE];
                    for (vector, start) in starts.iter_mut().enumerate().skip(1) {
                        *start = $start(product, (first + vector) * WIDTH);
                    }
                    let mut sums: [[$sum; WIDE]; ROWS] = [starts; ROWS];
                    // Several units per iteration, so that addresses are computed once for all of them.
                    for start in (0..units).step_by(UNITS) {
                        for unit in start..start + UNITS {
                            let mut weights = [$load(w[0].add(unit * LANES)); WIDE];
                            for vector in 1..WIDE {
                                weights[vector] = $load(w[vector].add(unit * LANES));
                            }
                            for (a, sums) in a.iter().zip(&mut sums) {
                                let activation = $spread(a.add(unit));
                                for (sum, weight) in sums.iter_mut().zip(weights) {
                                    *sum = $add(*sum, activation, weight);
                                }
                            }
                        }
                    }
                    for (place, sums) in sums.iter().enumerate() {
                        let row = row + place;
                        for (vector, sum) in sums.iter().enumerate() {
                            let column = (first + vector) * WIDTH;
                            let mut numbers: $floats = $number(*sum);
                            if let Some((of_rows, of_columns)) = product.scales {
                                let of_row = $spread_float(*of_rows.as_ptr().add(row));
                                numbers = $times(numbers, $times(of_row, $load_floats(of_columns.as_ptr().add(column))));
                            }
                            if let Some(bias) = product.bias {
                                numbers = $plus(numbers, $load_floats(bias.as_ptr().add(column)));
                            }
                            $store(product.out.as_mut_ptr().add(row * columns + column), numbers);
                        }
                    }
                }
            }

            /// Computes all rows of a block's columns: whole blocks, then the remaining rows in blocks of 4, 2 and 1.
            #[target_feature(enable = $features)]
            unsafe fn stripe<const WIDE: usize>(product: &mut Product<'_>, first: usize) {
                let mut row = 0;
                // SAFETY: only rows that exist, and the caller's vectors of columns.
                unsafe {
                    while row + $rows <= product.rows {
                        block::<$rows, WIDE>(product, row, first);
                        row += $rows;
                    }
                    while row + 4 <= product.rows {
                        block::<4, WIDE>(product, row, first);
                        row += 4;
                    }
                    while row + 2 <= product.rows {
                        block::<2, WIDE>(product, row, first);
                        row += 2;
                    }
                    if row < product.rows {
                        block::<1, WIDE>(product, row, first);
                    }
                }
            }

            let vectors = product.panels * PER_PANEL;
            let mut first = 0;
            // SAFETY: only vectors of columns that exist.
            unsafe {
                while first + $wide <= vectors {
                    stripe::<$wide>(product, first);
                    first += $wide;
                }
                while first + PER_PANEL <= vectors {
                    stripe::<PER_PANEL>(product, first);
                    first += PER_PANEL;
                }
            }
        }
    };
}

/// [`blocks`] with the vectors of AVX2. `load`, `spread`, `add` and `number` are of the sums' type.
macro_rules! blocks_256 {
    (
        $(#[$doc:meta])*
        $multiply:ident, $features:literal, sum: $sum:ty, rows: $rows:literal,
        start: $start:expr, load: $load:expr, spread: $spread:expr, add: $add:expr, number: $number:expr $(,)?
    ) => {
        $crate::embed::kernel::block::blocks! {
            $(#[$doc])*
            $multiply, $features, sum: $sum, floats: std::arch::x86_64::__m256,
            vectors: 2, wide: 2, rows: $rows,
            start: $start, load: $load, spread: $spread, add: $add, number: $number,
            load_floats: |place| std::arch::x86_64::_mm256_loadu_ps(place),
            spread_float: |number| std::arch::x86_64::_mm256_set1_ps(number),
            times: |a, b| std::arch::x86_64::_mm256_mul_ps(a, b),
            plus: |a, b| std::arch::x86_64::_mm256_add_ps(a, b),
            store: |place, numbers| std::arch::x86_64::_mm256_storeu_ps(place, numbers),
        }
    };
}

/// Products of integers in the vectors of AVX2, accumulated in 32 bits.
macro_rules! integers_256 {
    ($(#[$doc:meta])* $multiply:ident, $features:literal, rows: $rows:literal, add: $add:expr $(,)?) => {
        $crate::embed::kernel::block::blocks_256! {
            $(#[$doc])*
            $multiply, $features, sum: std::arch::x86_64::__m256i, rows: $rows,
            start: |product: &Product<'_>, column| match product.starts {
                Some(starts) => std::arch::x86_64::_mm256_loadu_si256(starts.as_ptr().add(column).cast()),
                None => std::arch::x86_64::_mm256_setzero_si256(),
            },
            load: |place: *const u32| std::arch::x86_64::_mm256_load_si256(place.cast()),
            spread: |place: *const u32| std::arch::x86_64::_mm256_set1_epi32((*place).cast_signed()),
            add: $add,
            number: |sum| std::arch::x86_64::_mm256_cvtepi32_ps(sum),
        }
    };
}

/// [`blocks`] with the vectors of AVX-512. `load`, `spread`, `add` and `number` are of the sums' type.
macro_rules! blocks_512 {
    (
        $(#[$doc:meta])*
        $multiply:ident, $features:literal, sum: $sum:ty,
        start: $start:expr, load: $load:expr, spread: $spread:expr, add: $add:expr, number: $number:expr $(,)?
    ) => {
        $crate::embed::kernel::block::blocks! {
            $(#[$doc])*
            $multiply, $features, sum: $sum, floats: std::arch::x86_64::__m512,
            vectors: 1, wide: 3, rows: 8,
            start: $start, load: $load, spread: $spread, add: $add, number: $number,
            load_floats: |place| std::arch::x86_64::_mm512_loadu_ps(place),
            spread_float: |number| std::arch::x86_64::_mm512_set1_ps(number),
            times: |a, b| std::arch::x86_64::_mm512_mul_ps(a, b),
            plus: |a, b| std::arch::x86_64::_mm512_add_ps(a, b),
            store: |place, numbers| std::arch::x86_64::_mm512_storeu_ps(place, numbers),
        }
    };
}

/// Products of integers in the vectors of AVX-512, accumulated in 32 bits.
macro_rules! integers_512 {
    ($(#[$doc:meta])* $multiply:ident, $features:literal, add: $add:expr $(,)?) => {
        $crate::embed::kernel::block::blocks_512! {
            $(#[$doc])*
            $multiply, $features, sum: std::arch::x86_64::__m512i,
            start: |product: &Product<'_>, column| match product.starts {
                Some(starts) => std::arch::x86_64::_mm512_loadu_si512(starts.as_ptr().add(column).cast()),
                None => std::arch::x86_64::_mm512_setzero_si512(),
            },
            load: |place: *const u32| std::arch::x86_64::_mm512_load_si512(place.cast()),
            spread: |place: *const u32| std::arch::x86_64::_mm512_set1_epi32((*place).cast_signed()),
            add: $add,
            number: |sum| std::arch::x86_64::_mm512_cvtepi32_ps(sum),
        }
    };
}

pub(super) use {blocks, blocks_256, blocks_512, integers_256, integers_512};
