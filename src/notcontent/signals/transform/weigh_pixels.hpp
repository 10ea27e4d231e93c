// Colour weighed to luma, what is transparent over white: the weights and the rounding of luma.py.
//
// Included by kernels.cpp alone, which makes functions of it for each instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "weigh_rows.hpp"

namespace notcontent {

using Byte = std::uint8_t;

NOTCONTENT_INLINE unsigned over_white(unsigned channel, unsigned alpha) {
  return (channel * alpha + 255 * (255 - alpha) + 127) / 255;
}

NOTCONTENT_INLINE Byte weighed(unsigned red, unsigned green, unsigned blue) {
  return static_cast<Byte>((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

NOTCONTENT_INLINE bool opaque(const Byte* pixels, std::size_t count) {
  Byte all = 255;
  for (std::size_t i = 0; i < count; ++i) all &= pixels[4 * i + 3];
  return all == 255;
}

// Pixels of N samples: grey, grey and alpha, RGB, RGBA. Few enough to stay near, so that RGBA may be looked at twice.
template <std::size_t N>
NOTCONTENT_INLINE void weigh_pixels(const Byte* pixels, std::size_t count, bool alpha, Byte* __restrict luma) {
  if constexpr (N == 1) {
    std::memcpy(luma, pixels, count);
  } else if constexpr (N == 2) {
    for (std::size_t i = 0; i < count; ++i) luma[i] = static_cast<Byte>(over_white(pixels[2 * i], pixels[2 * i + 1]));
  } else if (N == 3 || !alpha || opaque(pixels, count)) {
    for (std::size_t i = 0; i < count; ++i) luma[i] = weighed(pixels[N * i], pixels[N * i + 1], pixels[N * i + 2]);
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      const Byte* const pixel = pixels + N * i;
      const unsigned a = pixel[3];
      luma[i] = weighed(over_white(pixel[0], a), over_white(pixel[1], a), over_white(pixel[2], a));
    }
  }
}

NOTCONTENT_INLINE void weigh_rgba(const Byte* pixels, std::size_t count, bool alpha, Byte* luma) {
  constexpr std::size_t kNear = 1024;
  for (std::size_t i = 0; i < count; i += kNear) {
    weigh_pixels<4>(pixels + 4 * i, std::min(kNear, count - i), alpha, luma + i);
  }
}

}  // namespace notcontent
