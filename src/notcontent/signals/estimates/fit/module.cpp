// notcontent.signals.estimates._fit: the face that Python sees. placing.py and weighing.py are the face for everybody
// else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "fit.hpp"
#include "native/arrays.hpp"
#include "native/instruction_sets.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace notcontent {
namespace {

template <class T, nb::ssize_t... Lengths>
using Array = nb::ndarray<const T, nb::shape<Lengths...>, nb::c_contig, nb::device::cpu>;
using Cells = Array<float, kCells, kCells>;
using Projections = Array<float, -1, kKept, kCells>;

constexpr std::size_t kMostGuesses = std::size_t{1} << 16;

void check_count(std::size_t count) {
  if (count > kMostGuesses) throw std::invalid_argument("at most 65,536 at once");
}

void part(const float* weights, std::uint8_t* value, float* sizes) {
  for (std::size_t bit = 0; bit < kBits; ++bit) sizes[bit] = std::fabs(weights[kBits - 1 - bit]);
  for (std::size_t byte = 0; byte < kBits / 8; ++byte) {
    const float* eight = weights + kBits - 8 - 8 * byte;
    unsigned set = 0;
    for (unsigned bit = 0; bit < 8; ++bit) set |= (eight[bit] > 0 ? 1U : 0U) << bit;
    value[byte] = static_cast<std::uint8_t>(set);
  }
}

class Fitter {
 public:
  Fitter(const Array<double, kCells, kCells>& transform, const Array<float, kKept, kKept>& spread,
         const Array<double, kKept>& shrink, std::string_view instruction_set)
      : kernels_(kernels_named(instruction_set)) {
    for (std::size_t v = 0; v < kCells; ++v) {
      for (std::size_t cell = 0; cell < kCells; ++cell) prior_.transform[cell][v] = transform(v, cell);
    }
    std::copy_n(spread.data(), kBits, prior_.spread);
    for (std::size_t bit = 0; bit < kBits; ++bit) {
      const double shown = shrink(bit / kKept) * shrink(bit % kKept);
      prior_.spread_of_cells[bit] = static_cast<float>(shown * double{prior_.spread[bit]});
    }
  }

  auto projections(const Array<double, -1, 2>& intervals) const {
    const std::size_t count = intervals.shape(0);
    check_count(count);
    New<float, 3> found({count, kKept, kCells});
    {
      const nb::gil_scoped_release released;
      for (std::size_t i = 0; i < count; ++i) {
        const double* interval = intervals.data() + 2 * i;
        kernels_.project(prior_, interval[0], interval[1], found.data.get() + i * kKept * kCells);
      }
    }
    return found.given();
  }

  auto crops(const Cells& whitened, const Projections& down, const Projections& across,
             const Array<std::uint32_t, -1, 2>& pairs) const {
    const std::size_t count = pairs.shape(0);
    check_count(count);
    check_count(down.shape(0));
    check_count(across.shape(0));
    // Copied, then checked: another thread may write into the array once the lock is released.
    const std::vector<std::uint32_t> places(pairs.data(), pairs.data() + 2 * count);
    for (std::size_t i = 0; i < count; ++i) {
      if (places[2 * i] >= down.shape(0) || places[2 * i + 1] >= across.shape(0)) {
        throw std::invalid_argument("no such interval");
      }
    }
    New<float, 2> found({count, kBits});
    {
      const nb::gil_scoped_release released;
      std::vector<Projection> pulled(down.shape(0));
      for (std::size_t i = 0; i < pulled.size(); ++i) {
        kernels_.pull_down(whitened.data(), down.data() + i * kKept * kCells, pulled[i].data());
      }
      std::vector<Projection> transposed(across.shape(0));
      for (std::size_t i = 0; i < transposed.size(); ++i) {
        const float* from = across.data() + i * kKept * kCells;
        for (std::size_t k = 0; k < kKept; ++k) {
          for (std::size_t u = 0; u < kCells; ++u) transposed[i][u * kKept + k] = from[k * kCells + u];
        }
      }
      for (std::size_t i = 0; i < count; ++i) {
        kernels_.pull_across(prior_, pulled[places[2 * i]].data(), transposed[places[2 * i + 1]].data(),
                             found.data.get() + i * kBits);
      }
    }
    return found.given();
  }

  auto placed(const Cells& pull, const Array<double, -1, 3, 3>& maps) const {
    const std::size_t count = maps.shape(0);
    check_count(count);
    New<float, 2> found({count, kBits});
    {
      const nb::gil_scoped_release released;
      for (std::size_t i = 0; i < count; ++i) {
        Map map;
        std::copy_n(maps.data() + i * map.size(), map.size(), map.data());
        kernels_.place(prior_, map, pull.data(), found.data.get() + i * kBits);
      }
    }
    return found.given();
  }

  auto weigh(const Array<float, -1, kBits>& coefficients, float most, float power, float least) const {
    const std::size_t count = coefficients.shape(0);
    check_count(count);
    if (!(most > 0 && most <= 1e6F && power >= 0.1F && power <= 1 && least > 0)) {
      throw std::invalid_argument("no such weights");
    }
    New<float, 2> found({count, kBits});
    {
      const nb::gil_scoped_release released;
      for (std::size_t i = 0; i < count; ++i) {
        kernels_.weigh(prior_, {most, power, least}, coefficients.data() + i * kBits, found.data.get() + i * kBits);
      }
    }
    return found.given();
  }

 private:
  const Kernels& kernels_;
  Prior prior_;
};

// Signed weights as a hash written out (bit 255 first, the highest bit of byte 0) and how much each of its bits counts.
nb::tuple parted(const Array<float, -1, kBits>& weights) {
  const std::size_t count = weights.shape(0);
  New<std::uint8_t, 2> values({count, kBits / 8});
  New<float, 2> sizes({count, kBits});
  {
    const nb::gil_scoped_release released;
    for (std::size_t i = 0; i < count; ++i) {
      part(weights.data() + i * kBits, values.data.get() + i * kBits / 8, sizes.data.get() + i * kBits);
    }
  }
  return nb::make_tuple(values.given(), sizes.given());
}

std::vector<std::string> instruction_sets() { return names_of(available_kernels()); }

}  // namespace
}  // namespace notcontent

NB_MODULE(_fit, m) {
  using namespace notcontent;
  nb::set_leak_warnings(false);  // the fitter is kept until the interpreter ends
  m.def("instruction_sets", &instruction_sets);
  m.def("parted", &parted, "weights"_a.noconvert());
  nb::class_<Fitter>(m, "Fitter")
      .def(nb::init<const Array<double, kCells, kCells>&, const Array<float, kKept, kKept>&,
                    const Array<double, kKept>&, std::string_view>(),
           "transform"_a.noconvert(), "spread"_a.noconvert(), "shrink"_a.noconvert(), "instruction_set"_a = "auto")
      .def("projections", &Fitter::projections, "intervals"_a.noconvert())
      .def("crops", &Fitter::crops, "whitened"_a.noconvert(), "down"_a.noconvert(), "across"_a.noconvert(),
           "pairs"_a.noconvert())
      .def("placed", &Fitter::placed, "pull"_a.noconvert(), "maps"_a.noconvert())
      .def("weigh", &Fitter::weigh, "coefficients"_a.noconvert(), "most"_a, "power"_a, "least"_a);
}
