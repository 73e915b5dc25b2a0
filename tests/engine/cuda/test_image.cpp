// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/gpu.h"
#include "engine/device/cuda/kernel_image.h"

#include <QRegularExpression>
#include <QTest>

#include <cstring>

using namespace seatrial::engine::cuda;

/// The kernels as nvcc made them and as the engine carries them.
class TestImage : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        if (!hasKernels())
            QSKIP("this build has no nvcc, and so no kernels");
    }

    void isAFatbin()
    {
        const KernelImage &image = kernelImage();
        std::uint32_t magic = 0;
        QVERIFY(image.fatbin.size() > 1000);
        std::memcpy(&magic, image.fatbin.data(), sizeof(magic));
        QCOMPARE(magic, 0xBA55ED50u);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(image.fatbin.data()) % 8, std::uintptr_t(0)); // drivers read it in place
        QVERIFY(image.architectures.find("sm_80") != std::string_view::npos);
    }

    void hasEveryKernel()
    {
        const QByteArray ptx(kernelImage().ptx.data());
        const std::string_view fatbin = kernelImage().fatbin;
        for (const char *name : kKernelNames) {
            QVERIFY2(ptx.contains(QByteArray(".entry ") + name + "("), name);
            QVERIFY2(fatbin.find(name) != std::string_view::npos, name);
        }
    }

    /// A driver refuses PTX that is younger than it: this is that of CUDA 11, with which A100 came.
    void ptxIsOld()
    {
        const std::string_view ptx = kernelImage().ptx;
        QCOMPARE(ptx.back(), '\0');
        QVERIFY(QRegularExpression("\\n\\.version 7\\.0\\n\\.target sm_80\\n").match(QByteArray(ptx.data())).hasMatch());
    }

    /// What makes the figures: 16 bytes an access, and the matrix units.
    void instructionsAreWide()
    {
        const QByteArray ptx(kernelImage().ptx.data());
        const auto body = [&ptx](const char *name) {
            const auto begin = ptx.indexOf(QByteArray(".entry ") + name + "(");
            return ptx.mid(begin, ptx.indexOf("\n}", begin) - begin);
        };
        for (const char *name : {"seatrial_read", "seatrial_copy", "seatrial_scale", "seatrial_add", "seatrial_triad"})
            QVERIFY2(body(name).contains("ld.global.v2.u64"), name);
        for (const char *name : {"seatrial_write", "seatrial_copy", "seatrial_scale", "seatrial_add", "seatrial_triad"})
            QVERIFY2(body(name).contains("st.global.v2.u64"), name);
        QVERIFY(!body("seatrial_write").contains("ld.global.v2")); // it only writes
        QVERIFY(body("seatrial_arithmetic_tensor").contains("mma.sync"));
        QVERIFY(body("seatrial_arithmetic_fp32").contains("fma.rn.f32"));
        QVERIFY(body("seatrial_arithmetic_fp64").contains("fma.rn.f64"));
        QVERIFY(!ptx.contains(".local ")); // nothing of a thread lies in memory
    }
};

QTEST_GUILESS_MAIN(TestImage)
#include "test_image.moc"
