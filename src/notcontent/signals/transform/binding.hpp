// What the parts of notcontent.signals._pdq share: planes from Python, checked, and new arrays for it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "native/arrays.hpp"
#include "sheet.hpp"

namespace notcontent {

namespace nb = nanobind;

template <class T>
using AnyPlane = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;

// Far more than any picture has. A view may claim more than memory holds, by strides of 0 or a side of 0: its other
// side would be gone along for years, and a copy of it would be the end of the process.
inline constexpr std::size_t kLongestSide = std::size_t{1} << 26;
inline constexpr std::size_t kMostSamples = std::size_t{1} << 30;

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

// Adds what views/ measures (module_views.cpp).
void bind_views(nb::module_& m);

}  // namespace notcontent
