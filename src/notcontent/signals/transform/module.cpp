// notcontent.signals._pdq: the face that Python sees. raster.py is the face for everybody else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "hash.hpp"
#include "png_rows.hpp"
#include "regions.hpp"
#include "sheet.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace notcontent {
namespace {

template <class T>
using AnyPlane = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
using Plane = AnyPlane<std::uint8_t>;

// Far more than any picture has. A view may claim more than memory holds, by strides of 0 or a side of 0: its other side
// would be gone along for years, and a copy of it would be the end of the process.
constexpr std::size_t kLongestSide = std::size_t{1} << 26;
constexpr std::size_t kMostSamples = std::size_t{1} << 30;

// Throws std::invalid_argument for a plane that no picture is.
template <class T>
void check_size(const AnyPlane<T>& plane) {
  if (plane.shape(0) > kLongestSide || plane.shape(1) > kLongestSide ||
      plane.shape(0) * plane.shape(1) > kMostSamples) {
    throw std::invalid_argument("no picture is so large");
  }
}

// Throws std::invalid_argument, too, where a row does not lie in one piece.
template <class T>
void check_rows(const AnyPlane<T>& plane) {
  check_size(plane);
  if (plane.shape(1) > 1 && plane.stride(1) != 1) throw std::invalid_argument("a row must lie in one piece");
}

// Samples whose rows may lie anywhere, but each in one piece. Throws std::invalid_argument for what the axes do not fit.
Samples checked(const Plane& plane, const Axis& rows, const Axis& columns) {
  if (static_cast<std::int64_t>(plane.shape(0)) != rows.samples() ||
      static_cast<std::int64_t>(plane.shape(1)) != columns.samples()) {
    throw std::invalid_argument("the axes are those of another picture");
  }
  check_rows(plane);
  return {plane.data(), static_cast<std::ptrdiff_t>(plane.stride(0))};
}

nb::tuple hashed(const Bits& bits, int quality) {
  return nb::make_tuple(nb::bytes(bits.data(), bits.size()), quality);
}

// `may_be_whole` is false in tests alone: what is given is the same.
nb::tuple hash(const Plane& plane, const Axis& rows, const Axis& columns, std::string_view instruction_set,
               bool may_be_whole) {
  const Samples samples = checked(plane, rows, columns);
  const Kernels& kernels = kernels_named(instruction_set);
  Reduced found;
  Bits bits;
  {
    const nb::gil_scoped_release released;
    found = reduced(kernels, samples, rows, columns, may_be_whole);
    bits = against_median(found.values);
  }
  return hashed(bits, found.quality);
}

// A part seen in the eight ways of EXIF's orientations: as it is, mirrored, upside down, both; then transposed, turned
// right, transposed the other way, turned left. The last four are the first, fourth, third and second with swapped axes.
nb::list hash_turns(const Plane& plane, const Axis& rows, const Axis& rows_mirrored, const Axis& columns,
                    const Axis& columns_mirrored, std::string_view instruction_set, bool may_be_whole) {
  const Kernels& kernels = kernels_named(instruction_set);
  Bits bits[8];
  int scores[8];
  const Samples samples = checked(plane, rows, columns);
  checked(plane, rows_mirrored, columns_mirrored);
  {
    const nb::gil_scoped_release released;
    const std::array<Reduced, 4> ways = reduced_ways(kernels, samples, {&rows, &rows_mirrored},
                                                     {&columns, &columns_mirrored}, may_be_whole);
    for (std::size_t i = 0; i < 4; ++i) {
      bits[i] = against_median(ways[i].values);
      const std::size_t swapped = 4 + (4 - i) % 4;
      bits[swapped] = against_median(transposed(ways[i].values));
      scores[i] = scores[swapped] = ways[i].quality;
    }
  }
  nb::list found;
  for (std::size_t i = 0; i < 8; ++i) found.append(hashed(bits[i], scores[i]));
  return found;
}

int quality(const Plane& plane, const Axis& rows, const Axis& columns, bool limited, std::string_view instruction_set) {
  const Samples samples = checked(plane, rows, columns);
  const Kernels& kernels = kernels_named(instruction_set);
  const nb::gil_scoped_release released;
  return quality_of(kernels, samples, rows, columns, limited);
}

// A copy in which 16..235 became 0..255.
nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>> spread(const Plane& plane, std::string_view instruction_set) {
  check_rows(plane);
  const std::size_t shape[2] = {plane.shape(0), plane.shape(1)};
  const Kernels& kernels = kernels_named(instruction_set);
  auto made = std::make_unique<std::uint8_t[]>(shape[0] * shape[1]);
  {
    const nb::gil_scoped_release released;
    for (std::size_t row = 0; row < shape[0]; ++row) {
      const std::uint8_t* from = plane.data() + static_cast<std::ptrdiff_t>(row) * plane.stride(0);
      kernels.spread(from, shape[1], made.get() + row * shape[1]);
    }
  }
  std::uint8_t* data = made.get();
  nb::capsule owner(data, [](void* p) noexcept { delete[] static_cast<std::uint8_t*>(p); });
  made.release();
  return nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>>(data, 2, shape, owner);
}

using Kept = nb::ndarray<const std::uint8_t, nb::shape<-1, sizeof(Hash)>, nb::c_contig, nb::device::cpu>;

// The place of the nearest of the first `count` hashes, and its distance; 257 when there is none.
nb::tuple nearest(const Kept& kept, std::size_t count, const nb::bytes& value, std::string_view instruction_set) {
  if (count > kept.shape(0) || value.size() != sizeof(Hash)) throw std::invalid_argument("no such hashes");
  Hash hash;
  std::memcpy(hash.data(), value.data(), sizeof(Hash));
  const Nearest found = kernels_named(instruction_set).nearest(kept.data(), count, hash);
  return nb::make_tuple(found.place, found.bits);
}

// The 16x16 numbers that a hash compares with their median.
nb::ndarray<nb::numpy, double, nb::ndim<2>> coefficients(const Plane& plane, const Axis& rows, const Axis& columns,
                                                         std::string_view instruction_set) {
  const Samples samples = checked(plane, rows, columns);
  Small small;
  const Kernels& kernels = kernels_named(instruction_set);
  shrink_one(kernels, samples, rows, columns, small);
  auto values = std::make_unique<Coefficients>();
  kernels.transform(small, *values);
  double* data = values->data();
  nb::capsule owner(values.get(), [](void* p) noexcept { delete static_cast<Coefficients*>(p); });
  values.release();
  const std::size_t shape[2] = {kKept, kKept};
  return nb::ndarray<nb::numpy, double, nb::ndim<2>>(data, 2, shape, owner);
}

template <class T>
Strided<T> strided(const AnyPlane<T>& plane) {
  check_size(plane);
  return {plane.data(), plane.shape(0), plane.shape(1), static_cast<std::ptrdiff_t>(plane.stride(0)),
          static_cast<std::ptrdiff_t>(plane.stride(1))};
}

template <class T>
Strided<T> in_rows(const AnyPlane<T>& plane) {
  check_rows(plane);
  return strided(plane);
}

// A new array for Python, filled by whoever asked for it.
template <class T, std::size_t Axes>
struct New {
  explicit New(const std::array<std::size_t, Axes>& lengths) : shape(lengths) {
    std::size_t size = 1;
    for (const std::size_t length : shape) size *= length;
    data = std::unique_ptr<T[]>(new T[size]);  // not zeroed: large arrays are met once, when they are filled
  }
  nb::ndarray<nb::numpy, T, nb::ndim<Axes>> given() {
    T* held = data.get();
    nb::capsule owner(held, [](void* p) noexcept { delete[] static_cast<T*>(p); });
    data.release();
    return nb::ndarray<nb::numpy, T, nb::ndim<Axes>>(held, Axes, shape.data(), owner);
  }
  std::array<std::size_t, Axes> shape;
  std::unique_ptr<T[]> data;
};

auto halved(const AnyPlane<std::uint8_t>& luma) {
  const Strided<std::uint8_t> rows = in_rows(luma);
  New<std::uint8_t, 2> smaller({(rows.height + 1) / 2, (rows.width + 1) / 2});
  {
    const nb::gil_scoped_release released;
    halve(rows, smaller.data.get());
  }
  return smaller.given();
}

// Samples, steps and bends of a sheet, and those of its transpose.
nb::tuple sheet(const AnyPlane<std::uint8_t>& luma, std::size_t n, float clip) {
  const Strided<std::uint8_t> rows = in_rows(luma);
  if (n == 0 || n > 4096) throw std::invalid_argument("a sample is made of 1 to 4096 times as many");
  const std::size_t height = rows.height / n;
  const std::size_t width = rows.width / n;
  New<float, 2> samples({height, width});
  New<float, 2> steps({height - std::min<std::size_t>(height, 1), width});
  New<float, 2> bends({height, width - std::min<std::size_t>(width, 2)});
  New<float, 2> turned({width, height});
  New<float, 2> turned_steps({width - std::min<std::size_t>(width, 1), height});
  New<float, 2> turned_bends({width, height - std::min<std::size_t>(height, 2)});
  {
    const nb::gil_scoped_release released;
    shrink_blocks(rows, n, samples.data.get());
    measure(samples.data.get(), height, width, clip, steps.data.get(), bends.data.get());
    transpose(samples.data.get(), height, width, turned.data.get());
    measure(turned.data.get(), width, height, clip, turned_steps.data.get(), turned_bends.data.get());
  }
  return nb::make_tuple(samples.given(), steps.given(), bends.given(), turned.given(), turned_steps.given(),
                        turned_bends.given());
}

nb::tuple plain(const AnyPlane<float>& plane, float spread) {
  const Strided<float> rows = in_rows(plane);
  New<float, 1> means({rows.height});
  New<bool, 1> marks({rows.height});
  plain_rows(rows, spread, means.data.get(), marks.data.get());
  return nb::make_tuple(means.given(), marks.given());
}

auto means_of_rows(const AnyPlane<float>& plane) {
  const Strided<float> rows = in_rows(plane);
  New<float, 1> means({rows.height});
  row_means(rows, means.data.get());
  return means.given();
}

using Profile = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

auto standing_of(const Profile& profile) {
  if (profile.shape(0) < 8) throw std::invalid_argument("a profile has 8 values");
  New<float, 1> above({profile.shape(0)});
  standing(profile.data(), profile.shape(0), above.data.get());
  return above.given();
}

std::size_t sharpest_line(const AnyPlane<std::uint8_t>& plane, std::size_t line, std::size_t n, int clip) {
  const Strided<std::uint8_t> rows = strided(plane);
  if (line == 0 || line >= rows.height) throw std::invalid_argument("a line lies between two rows");
  return sharpest(rows, line, n, clip);
}

auto numbers(const std::vector<std::int64_t>& from) {
  New<std::int64_t, 1> copied({from.size()});
  std::copy(from.begin(), from.end(), copied.data.get());
  return copied.given();
}

// Rows, starts, ends and labels of runs.
nb::tuple runs(const AnyPlane<bool>& marks, std::size_t shortest) {
  const Strided<bool> rows = in_rows(marks);
  if (shortest == 0) throw std::invalid_argument("a run has 1 sample or more");
  Runs found;
  {
    const nb::gil_scoped_release released;
    found = runs_of(rows, shortest);
  }
  return nb::make_tuple(numbers(found.rows), numbers(found.starts), numbers(found.ends), numbers(found.labels));
}

using Numbers = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Throws std::invalid_argument for runs that do not lie in the picture.
auto levels(const AnyPlane<std::uint8_t>& luma, const Numbers& rows, const Numbers& starts, const Numbers& ends) {
  const Strided<std::uint8_t> samples = in_rows(luma);
  const std::size_t count = rows.shape(0);
  if (starts.shape(0) != count || ends.shape(0) != count) throw std::invalid_argument("a run has three numbers");
  for (std::size_t i = 0; i < count; ++i) {
    const bool in_height = rows(i) >= 0 && rows(i) < static_cast<std::int64_t>(samples.height);
    const bool in_width = starts(i) >= 0 && starts(i) <= ends(i) && ends(i) <= static_cast<std::int64_t>(samples.width);
    if (!in_height || !in_width) throw std::invalid_argument("a run lies outside");
  }
  const auto found = levels_of(samples, count, rows.data(), starts.data(), ends.data());
  return numbers({found.begin(), found.end()});
}

using Row = nb::ndarray<std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// Throws std::invalid_argument for bytes that are not so many rows.
void unfiltered(const nb::bytes& bytes, std::size_t samples, const Row& previous, const Rows& luma) {
  const std::size_t rows = luma.shape(0);
  const std::size_t width = luma.shape(1);
  if (samples > 4 || width > kLongestSide || previous.shape(0) != samples * width || bytes.size() != rows * (samples * width + 1)) {
    throw std::invalid_argument("the bytes are not so many rows");
  }
  const auto* data = static_cast<const std::uint8_t*>(bytes.data());
  const nb::gil_scoped_release released;
  png_rows(data, rows, width, samples, previous.data(), luma.data());
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const Kernels* each : available_kernels()) names.emplace_back(each->name);
  return names;
}

}  // namespace
}  // namespace notcontent

NB_MODULE(_pdq, m) {
  using namespace notcontent;
  nb::set_leak_warnings(false);  // axes are kept until the interpreter ends
  m.def("instruction_sets", &instruction_sets);
  nb::class_<Axis>(m, "Axis")
      .def(nb::init<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>(), "pixels"_a, "first"_a, "end"_a,
           "scale"_a, "mirrored"_a = false);
  m.def("hash", &hash, "samples"_a.noconvert(), "rows"_a, "columns"_a, "instruction_set"_a = "auto",
        "may_be_whole"_a = true);
  m.def("hash_turns", &hash_turns, "samples"_a.noconvert(), "rows"_a, "rows_mirrored"_a, "columns"_a,
        "columns_mirrored"_a, "instruction_set"_a = "auto", "may_be_whole"_a = true);
  m.def("halved", &halved, "luma"_a.noconvert());
  m.def("sheet", &sheet, "luma"_a.noconvert(), "n"_a, "clip"_a);
  m.def("plain_rows", &plain, "rows"_a.noconvert(), "spread"_a);
  m.def("row_means", &means_of_rows, "rows"_a.noconvert());
  m.def("standing", &standing_of, "profile"_a.noconvert());
  m.def("sharpest", &sharpest_line, "rows"_a.noconvert(), "line"_a, "n"_a, "clip"_a);
  m.def("runs", &runs, "marks"_a.noconvert(), "shortest"_a);
  m.def("levels", &levels, "luma"_a.noconvert(), "rows"_a.noconvert(), "starts"_a.noconvert(), "ends"_a.noconvert());
  m.def("quality", &quality, "samples"_a.noconvert(), "rows"_a, "columns"_a, "limited"_a = false,
        "instruction_set"_a = "auto");
  m.def("nearest", &nearest, "kept"_a.noconvert(), "count"_a, "value"_a, "instruction_set"_a = "auto");
  m.def("spread", &spread, "samples"_a.noconvert(), "instruction_set"_a = "auto");
  m.def("png_rows", &unfiltered, "data"_a, "samples"_a, "previous"_a.noconvert(), "luma"_a.noconvert());
  m.def("coefficients", &coefficients, "samples"_a.noconvert(), "rows"_a, "columns"_a, "instruction_set"_a = "auto");
}
