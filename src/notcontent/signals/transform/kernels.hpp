// A picture, or a part of it -> 64x64 samples -> 16x16 coefficients: the loops, once for each instruction set.
//
// All sums are of doubles, in one order that does not depend on the instruction set, and multiplications are never
// fused with additions (see CMakeLists.txt): every processor gives the same numbers, to the last bit.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "axis.hpp"

namespace notcontent {

constexpr int kKept = 16;
using Small = std::array<double, static_cast<std::size_t>(kGrid) * kGrid>;
using Coefficients = std::array<double, static_cast<std::size_t>(kKept) * kKept>;

// Samples in memory: `stride` bytes from one row to the next.
struct Samples {
  const std::uint8_t* data;
  std::ptrdiff_t stride;
};

using Hash = std::array<std::uint64_t, 4>;

// Which one, and in how many bits it differs: 257 when there is none.
struct Nearest {
  std::size_t place;
  int bits;
};

// One instruction set.
struct Kernels {
  std::string_view name;
  // To a small picture for each of `count` ways to read the columns: the sums over rows serve all of them.
  void (*shrink)(const Samples& samples, const Axis& rows, const Axis* const* columns, Small* const* smalls,
                 std::size_t count);
  // The same to within kSampleRounding, several times as fast: sums of whole numbers, which have no order. Only for
  // axes of which `are_whole` says so. `limited`: of the samples as `spread` makes them.
  void (*shrink_whole)(const Samples& samples, const Axis& rows, const Axis& columns, bool limited, Small& small);
  // Rows 1..16 of the cosine transform along each axis.
  void (*transform)(const Small& small, Coefficients& values);
  // The same to within kRounding, from sums and differences of mirrored samples: several times as fast.
  void (*transform_by_halves)(const Small& small, Coefficients& values);
  // Steps between neighbours, in float32 as the reference takes them: 0 for a flat picture, 100 for a busy one.
  int (*quality)(const Small& small);
  // Video's range over the whole: 16..235 becomes 0..255, to the nearest, and what lies beyond is cut off.
  void (*spread)(const std::uint8_t* from, std::size_t count, std::uint8_t* to);
  // A PNG's rows: each a filter's number and `width` pixels of 1 to 4 samples of 8 bits: grey, grey and alpha, RGB,
  // RGBA. `previous` is the row before them (zeros before the first) and becomes the last of them; `luma` takes rows x
  // width. False for a filter, or a number of samples, that PNG does not know.
  bool (*png_rows)(const std::uint8_t* bytes, std::size_t rows, std::size_t width, std::size_t samples,
                   std::uint8_t* previous, std::uint8_t* luma);
  // RGBA over white, or without `alpha` its RGB as it is.
  void (*weigh_rgba)(const std::uint8_t* pixels, std::size_t count, bool alpha, std::uint8_t* luma);
  // The first of the kept hashes, 32 bytes each, that are nearest to one.
  Nearest (*nearest)(const std::uint8_t* kept, std::size_t count, const Hash& hash);
};

// How far the two ways may lie apart. A sample is a sum of products, none negative and 255 in all at most, that is
// rounded fewer than 400 times: 400 · 255 · 2^-53 is 1.2e-11. A coefficient weighs samples by (64 · sqrt(2 / 64))^2 =
// 128 in all at most, and is rounded fewer than 200 times more, in whichever order it is summed.
constexpr double kSampleRounding = 1e-10;
constexpr double kRounding = 1e-7;

// Whether the axes are those of a picture at its own size, short enough that sums fit 32 bits.
bool are_whole(const Axis& rows, const Axis& columns);

// What this processor can run, fastest first. The last one, "portable", runs everywhere.
const std::vector<const Kernels*>& available_kernels();

// The named instruction set; "auto" is the fastest. Throws std::invalid_argument when this processor lacks it.
const Kernels& kernels_named(std::string_view name);

}  // namespace notcontent
