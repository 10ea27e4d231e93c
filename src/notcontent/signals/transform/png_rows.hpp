// A PNG's inflated rows -> luma: the filters undone, colour weighed, what is transparent over white.
#pragma once

#include <cstddef>
#include <cstdint>

namespace notcontent {

// `bytes` holds `rows` rows of a filter's number and `width` pixels of 1 to 4 samples of 8 bits: grey, grey and alpha,
// RGB, RGBA. `previous` is the row before them (zeros before the first) and becomes the last of them; `luma` takes rows
// x width. Throws std::invalid_argument for a filter, or a number of samples, that PNG does not know.
void png_rows(const std::uint8_t* bytes, std::size_t rows, std::size_t width, std::size_t samples,
              std::uint8_t* previous, std::uint8_t* luma);

}  // namespace notcontent
