// Some numbers beside each other, as the compiler's own vectors: as many as fill a register.
//
// Functions of these are force-inlined into functions that carry a `target` attribute (kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#define NOTCONTENT_INLINE [[gnu::always_inline]] inline

namespace notcontent {

// Registers of 16 bytes, which every processor has. (Attributes that depend on a template's argument get lost.)
struct Registers16 {
  using Floats = float __attribute__((vector_size(16)));
  using Words = std::uint32_t __attribute__((vector_size(16)));
  using Ints = std::int32_t __attribute__((vector_size(16)));
  using Doubles = double __attribute__((vector_size(16)));
  using FewFloats = float __attribute__((vector_size(8)));  // as many as there are doubles in a register

  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kWide = 2;
};

// The same of 32 bytes.
struct Registers32 {
  using Floats = float __attribute__((vector_size(32)));
  using Words = std::uint32_t __attribute__((vector_size(32)));
  using Ints = std::int32_t __attribute__((vector_size(32)));
  using Doubles = double __attribute__((vector_size(32)));
  using FewFloats = float __attribute__((vector_size(16)));  // as many as there are doubles in a register

  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kWide = 4;
};

constexpr std::size_t kSums = 8;  // that are added up beside each other, in however many registers

template <class Lanes, class Number>
NOTCONTENT_INLINE Lanes loaded(const Number* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

template <class Lanes, class Number>
NOTCONTENT_INLINE void store(const Lanes& lanes, Number* to) {
  std::memcpy(to, &lanes, sizeof lanes);
}

// The same bits, read as other numbers.
template <class To, class From>
NOTCONTENT_INLINE To as(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

NOTCONTENT_INLINE float sum_of(const float (&sums)[kSums]) {
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// cos(pi x), within 1e-12 of it for x of ordinary size.
template <class Doubles>
NOTCONTENT_INLINE Doubles cos_of_pi_times(const Doubles& x) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: what is added to it loses its fraction
  constexpr double kPi = 3.14159265358979323846;
  const Doubles turns = (x * 0.5 + kRound) - kRound;
  const Doubles left = x - 2 * turns;                             // -1..1
  const Doubles angle = kPi * (0.5 - (left < 0 ? -left : left));  // the sine of this
  const Doubles square = angle * angle;
  Doubles sine = square * (1 / 355687428096000.0) - 1 / 1307674368000.0;
  sine = sine * square + 1 / 6227020800.0;
  sine = sine * square - 1 / 39916800.0;
  sine = sine * square + 1 / 362880.0;
  sine = sine * square - 1 / 5040.0;
  sine = sine * square + 1 / 120.0;
  sine = sine * square - 1 / 6.0;
  return angle + angle * square * sine;
}

// x to some power of 0.1 to 1, within 1e-6 of itself, for x of 1e-30 to 1e6: by its logarithm (Cephes' polynomials).
template <class R>
NOTCONTENT_INLINE typename R::Floats power_of(const typename R::Floats& x, float power) {
  using Floats = typename R::Floats;
  using Words = typename R::Words;
  using Ints = typename R::Ints;
  constexpr std::uint32_t kRootOfHalf = 0x3f3504f3;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23
  const Words bits = as<Words>(x);
  const Words exponent = as<Words>(as<Ints>(bits - kRootOfHalf) >> 23);
  const Floats f = as<Floats>(bits - (exponent << 23)) - 1;
  Floats log = f * 7.0376836292e-2F - 1.1514610310e-1F;
  log = log * f + 1.1676998740e-1F;
  log = log * f - 1.2420140846e-1F;
  log = log * f + 1.4249322787e-1F;
  log = log * f - 1.6668057665e-1F;
  log = log * f + 2.0000714765e-1F;
  log = log * f - 2.4999993993e-1F;
  log = log * f + 3.3333331174e-1F;
  const Floats square = f * f;
  log = f + (square * f * log - 0.5F * square);
  log = log + __builtin_convertvector(as<Ints>(exponent), Floats) * 0.693147180559945F;

  const Floats nats = log * power;
  const Floats shifted = nats * 1.44269504088896F + kRound;
  const Floats whole = shifted - kRound;
  const Floats r = (nats - whole * 0.693359375F) + whole * 2.12194440e-4F;
  Floats e = r * 1.9875691500e-4F + 1.3981999507e-3F;
  e = e * r + 8.3334519073e-3F;
  e = e * r + 4.1665795894e-2F;
  e = e * r + 1.6666665459e-1F;
  e = e * r + 5.0000001201e-1F;
  e = (e * r * r + r) + 1;
  return as<Floats>(as<Words>(e) + (as<Words>(shifted) << 23));
}

}  // namespace notcontent
