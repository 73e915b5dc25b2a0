// SPDX-License-Identifier: Apache-2.0
// The loops of StreamKernels over a type Vector that the including file defines for its instruction set. Included once
// per instruction set, each compiled with its own options; hence no standard headers whose inline functions could
// leak wide instructions into the rest of the program.
#pragma once

namespace {

/// One cache line or more per turn.
constexpr std::size_t unroll = 4;
constexpr std::size_t stride = unroll * Vector::width;

template<typename Element>
void forEachVector(double *to, std::size_t count, Element element)
{
    for (std::size_t i = 0; i < count; i += stride) {
        for (std::size_t u = 0; u < unroll; ++u)
            Vector::store(to + i + u * Vector::width, element(i + u * Vector::width));
    }
    Vector::fence();
}

void copyLoop(double *to, const double *from, std::size_t count)
{
    forEachVector(to, count, [=](std::size_t i) { return Vector::load(from + i); });
}

void scaleLoop(double *to, const double *from, double factor, std::size_t count)
{
    const auto by = Vector::all(factor);
    forEachVector(to, count, [=](std::size_t i) { return Vector::multiply(by, Vector::load(from + i)); });
}

void addLoop(double *to, const double *left, const double *right, std::size_t count)
{
    forEachVector(to, count, [=](std::size_t i) { return Vector::add(Vector::load(left + i), Vector::load(right + i)); });
}

void triadLoop(double *to, const double *left, const double *right, double factor, std::size_t count)
{
    const auto by = Vector::all(factor);
    forEachVector(to, count, [=](std::size_t i) {
        return Vector::add(Vector::load(left + i), Vector::multiply(by, Vector::load(right + i)));
    });
}

double readLoop(const double *from, std::size_t count)
{
    auto sum0 = Vector::all(0), sum1 = Vector::all(0), sum2 = Vector::all(0), sum3 = Vector::all(0);
    for (std::size_t i = 0; i < count; i += stride) {
        sum0 = Vector::add(sum0, Vector::load(from + i));
        sum1 = Vector::add(sum1, Vector::load(from + i + Vector::width));
        sum2 = Vector::add(sum2, Vector::load(from + i + 2 * Vector::width));
        sum3 = Vector::add(sum3, Vector::load(from + i + 3 * Vector::width));
    }
    return Vector::sum(Vector::add(Vector::add(sum0, sum1), Vector::add(sum2, sum3)));
}

} // namespace
