// notcontent.signals._pdq: the face that Python sees. raster.py is the face for everybody else.
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include "binding.hpp"
#include "hash.hpp"
#include "native/instruction_sets.hpp"

namespace notcontent {
namespace {

using namespace nb::literals;

using Plane = AnyPlane<std::uint8_t>;

// Samples whose rows may lie anywhere, but each in one piece. Throws std::invalid_argument for what the axes do not
// fit.
Samples checked(const Plane& plane, const Axis& rows, const Axis& columns) {
  if (static_cast<std::int64_t>(plane.shape(0)) != rows.samples() ||
      static_cast<std::int64_t>(plane.shape(1)) != columns.samples()) {
    throw std::invalid_argument("the axes are those of another picture");
  }
  check_rows(plane);
  return {plane.data(), static_cast<std::ptrdiff_t>(plane.stride(0))};
}

nb::tuple given(const Bits& bits, int quality) { return nb::make_tuple(nb::bytes(bits.data(), bits.size()), quality); }

// `may_be_quick` is false in tests alone: what is given is the same.
nb::tuple hash(const Plane& plane, const Axis& rows, const Axis& columns, std::string_view instruction_set,
               bool may_be_quick) {
  const Samples samples = checked(plane, rows, columns);
  const Kernels& kernels = kernels_named(instruction_set);
  Hashed found;
  {
    const nb::gil_scoped_release released;
    found = hash_of(kernels, samples, rows, columns, may_be_quick);
  }
  return given(found.bits, found.quality);
}

// A part as it is and mirrored; then both of them transposed, which have the same bits elsewhere.
nb::list hash_ways(const Plane& plane, const Axis& rows, const Axis& columns, const Axis& columns_mirrored,
                   std::string_view instruction_set, bool may_be_quick) {
  const Kernels& kernels = kernels_named(instruction_set);
  const Samples samples = checked(plane, rows, columns);
  checked(plane, rows, columns_mirrored);
  std::array<Hashed, 2> ways;
  {
    const nb::gil_scoped_release released;
    ways = hash_ways_of(kernels, samples, rows, {&columns, &columns_mirrored}, may_be_quick);
  }
  nb::list found;
  for (const Hashed& way : ways) found.append(given(way.bits, way.quality));
  for (const Hashed& way : ways) found.append(given(transposed(way.bits), way.quality));
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

using Values = nb::ndarray<const std::uint8_t, nb::shape<-1, sizeof(Bits)>, nb::c_contig, nb::device::cpu>;

// How much of each hash one pattern explains.
auto grains(const Values& values) {
  New<float, 1> found({values.shape(0)});
  for (std::size_t i = 0; i < values.shape(0); ++i) found.data[i] = grain(values.data() + i * sizeof(Bits));
  return found.given();
}

// The same of one.
float grain_of(const nb::bytes& value) {
  if (value.size() != sizeof(Bits)) throw std::invalid_argument("no such hash");
  return grain(static_cast<const std::uint8_t*>(value.data()));
}

// The 16x16 numbers that a hash compares with their median; `by_halves`: those that are near enough where they settle
// it.
nb::ndarray<nb::numpy, double, nb::ndim<2>> coefficients(const Plane& plane, const Axis& rows, const Axis& columns,
                                                         std::string_view instruction_set, bool by_halves) {
  const Samples samples = checked(plane, rows, columns);
  Small small;
  const Kernels& kernels = kernels_named(instruction_set);
  shrink_one(kernels, samples, rows, columns, small);
  auto values = std::make_unique<Coefficients>();
  (by_halves ? kernels.transform_by_halves : kernels.transform)(small, *values);
  double* data = values->data();
  nb::capsule owner(values.get(), [](void* p) noexcept { delete static_cast<Coefficients*>(p); });
  values.release();
  const std::size_t shape[2] = {kKept, kKept};
  return nb::ndarray<nb::numpy, double, nb::ndim<2>>(data, 2, shape, owner);
}

using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Row = nb::ndarray<std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// Throws std::invalid_argument for bytes that are not so many rows, or name a filter that PNG does not know.
void unfiltered(const Bytes& bytes, std::size_t samples, const Row& previous, const Rows& luma,
                std::string_view instruction_set) {
  const std::size_t rows = luma.shape(0);
  const std::size_t width = luma.shape(1);
  if (samples == 0 || samples > 4 || width == 0 || width > kLongestSide || previous.shape(0) != samples * width ||
      bytes.shape(0) != rows * (samples * width + 1)) {
    throw std::invalid_argument("the bytes are not so many rows");
  }
  const Kernels& kernels = kernels_named(instruction_set);
  const nb::gil_scoped_release released;
  if (!kernels.png_rows(bytes.data(), rows, width, samples, previous.data(), luma.data())) {
    throw std::invalid_argument("no such filter");
  }
}

// Throws std::invalid_argument for bytes that are not so many pixels.
void weighed_rgba(const Bytes& pixels, bool alpha, const Rows& luma, std::string_view instruction_set) {
  if (luma.shape(0) > kLongestSide || luma.shape(1) > kLongestSide || pixels.shape(0) != 4 * luma.size()) {
    throw std::invalid_argument("the bytes are not so many pixels");
  }
  const Kernels& kernels = kernels_named(instruction_set);
  const nb::gil_scoped_release released;
  kernels.weigh_rgba(pixels.data(), luma.size(), alpha, luma.data());
}

std::vector<std::string> instruction_sets() { return names_of(available_kernels()); }

}  // namespace
}  // namespace notcontent

NB_MODULE(_pdq, m) {
  using namespace notcontent;
  nb::set_leak_warnings(false);  // axes are kept until the interpreter ends
  m.def("instruction_sets", &instruction_sets);
  nb::class_<Axis>(m, "Axis").def(nb::init<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>(), "pixels"_a,
                                  "first"_a, "end"_a, "scale"_a, "mirrored"_a = false);
  m.def("hash", &hash, "samples"_a.noconvert(), "rows"_a, "columns"_a, "instruction_set"_a = "auto",
        "may_be_quick"_a = true);
  m.def("hash_ways", &hash_ways, "samples"_a.noconvert(), "rows"_a, "columns"_a, "columns_mirrored"_a,
        "instruction_set"_a = "auto", "may_be_quick"_a = true);
  m.def("grain", &grain_of, "value"_a);
  m.def("grains", &grains, "values"_a.noconvert());
  bind_views(m);
  m.def("quality", &quality, "samples"_a.noconvert(), "rows"_a, "columns"_a, "limited"_a = false,
        "instruction_set"_a = "auto");
  m.def("nearest", &nearest, "kept"_a.noconvert(), "count"_a, "value"_a, "instruction_set"_a = "auto");
  m.def("spread", &spread, "samples"_a.noconvert(), "instruction_set"_a = "auto");
  m.def("png_rows", &unfiltered, "data"_a.noconvert(), "samples"_a, "previous"_a.noconvert(), "luma"_a.noconvert(),
        "instruction_set"_a = "auto");
  m.def("weigh_rgba", &weighed_rgba, "pixels"_a.noconvert(), "alpha"_a, "luma"_a.noconvert(),
        "instruction_set"_a = "auto");
  m.def("coefficients", &coefficients, "samples"_a.noconvert(), "rows"_a, "columns"_a, "instruction_set"_a = "auto",
        "by_halves"_a = false);
}
