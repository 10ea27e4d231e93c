// New arrays for Python, which are filled by whoever asked for them.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <array>
#include <cstddef>
#include <memory>

namespace notcontent {

template <class T, std::size_t Axes>
struct New {
  explicit New(const std::array<std::size_t, Axes>& lengths) : shape(lengths) {
    std::size_t size = 1;
    for (const std::size_t length : shape) size *= length;
    data = std::unique_ptr<T[]>(new T[size]);  // not zeroed: large arrays are met once, when they are filled
  }
  nanobind::ndarray<nanobind::numpy, T, nanobind::ndim<Axes>> given() {
    T* held = data.get();
    nanobind::capsule owner(held, [](void* p) noexcept { delete[] static_cast<T*>(p); });
    data.release();
    return nanobind::ndarray<nanobind::numpy, T, nanobind::ndim<Axes>>(held, Axes, shape.data(), owner);
  }
  std::array<std::size_t, Axes> shape;
  std::unique_ptr<T[]> data;
};

}  // namespace notcontent
