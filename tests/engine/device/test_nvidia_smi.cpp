// SPDX-License-Identifier: GPL-3.0-or-later
// What we read beside what nvidia-smi shows, for whoever compares the two on a node: the table in docs/gpu.md has a row for each of
// its lines, and what its XML says of recorded nodes comes out of our readings under the names and in the units that are written there.
#include "tests/support/nvml_node.h"

#include <QDir>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

#include <algorithm>
#include <set>

using namespace seatrial;
using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

QString recorded(const QString &folder)
{
    const QString named = qEnvironmentVariable("SEATRIAL_REALDATA");
    for (const QString &root : {named, QStringLiteral(SEATRIAL_SOURCE_DIR "/../shared/realdata"), QStringLiteral(SEATRIAL_SOURCE_DIR "/../../shared/realdata")}) {
        if (!root.isEmpty() && QDir(root + "/" + folder).exists())
            return root + "/" + folder;
    }
    return {};
}

QString contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// The rows of the table: line of nvidia-smi -q to what it is here.
std::map<QString, QString> rowsOfTable()
{
    std::map<QString, QString> rows;
    const QString text = contentOf(SEATRIAL_SOURCE_DIR "/docs/gpu.md");
    for (const QString &line : text.mid(text.indexOf("## What `nvidia-smi -q` shows")).split('\n')) {
        const auto cells = line.split('|');
        if (cells.size() == 4 && !cells[1].contains("---") && cells[1].trimmed() != "nvidia-smi -q")
            rows[cells[1].trimmed()] = cells[2].trimmed();
    }
    return rows;
}

bool isTold(const std::map<QString, QString> &rows, const QString &path)
{
    if (rows.contains(path))
        return true;
    return std::any_of(rows.begin(), rows.end(), [&](const auto &row) { return row.first.endsWith('*') && path.startsWith(row.first.chopped(1)); });
}

/// "FB Memory Usage / Total" for each line with a value below "GPU 00000000:83:00.0".
std::set<QString> linesOf(const QString &listing)
{
    std::set<QString> paths;
    QStringList above;
    bool inGpu = false;
    for (const QString &line : listing.split('\n')) {
        inGpu |= line.startsWith("GPU ");
        const qsizetype depth = (line.size() - line.trimmed().size() - (line.size() - QString(line).remove(QRegularExpression("\\s+$")).size())) / 4;
        if (!inGpu || depth < 1 || line.trimmed().isEmpty())
            continue;
        above = above.mid(0, depth - 1);
        const auto colon = line.indexOf(" : ");
        const bool hasValue = colon > 0 || line.trimmed().endsWith(':');
        const QString name = (colon > 0 ? line.left(colon) : line).trimmed();
        if (hasValue)
            paths.insert((above + QStringList{name}).join(" / "));
        above.append(name);
    }
    return paths;
}

/// Leaves of one <gpu> of the XML: "pci/replay_counter" to "0".
using Leaves = std::map<QString, QString>;

std::vector<Leaves> gpusOf(const QString &file)
{
    std::vector<Leaves> gpus;
    const QString text = contentOf(file);
    QXmlStreamReader xml(text);
    QStringList path;
    while (!xml.atEnd()) {
        switch (xml.readNext()) {
        case QXmlStreamReader::StartElement:
            path.append(xml.name().toString());
            if (path.size() == 2 && path.back() == "gpu")
                gpus.emplace_back();
            break;
        case QXmlStreamReader::Characters:
            if (path.size() > 2 && path[1] == "gpu" && !xml.isWhitespace())
                gpus.back().try_emplace(path.mid(2).join('/'), xml.text().toString().trimmed());
            break;
        case QXmlStreamReader::EndElement:
            path.removeLast();
            break;
        default:
            break;
        }
    }
    return gpus;
}

/// A leaf, the key under which the tests' library holds what NVML would answer, by how much NVML's number is larger, and our metric.
struct Mapped {
    const char *leaf;
    const char *key;
    double scale;
    const char *metric;
    double unit = 1; ///< by how much ours is larger than nvidia-smi's
};
constexpr double MiB = 1048576;
constexpr Mapped numbers[] = {
    {"temperature/gpu_temp", "temperature", 1, "temperature"},
    {"temperature/gpu_temp_max_threshold", "temperature_shutdown", 1, "temperature_shutdown"},
    {"temperature/gpu_temp_slow_threshold", "temperature_slowdown", 1, "temperature_slowdown"},
    {"temperature/gpu_temp_max_gpu_threshold", "temperature_max", 1, "temperature_max"},
    {"temperature/memory_temp", "memory_temperature", 1, "memory_temperature"},
    {"temperature/gpu_temp_max_mem_threshold", "memory_temperature_max", 1, "memory_temperature_max"},
    {"gpu_power_readings/power_draw", "power", 1000, "power"},
    {"gpu_power_readings/requested_power_limit", "power_limit", 1000, "power_limit"},
    {"gpu_power_readings/current_power_limit", "power_limit_enforced", 1000, "power_limit_enforced"},
    {"gpu_power_readings/default_power_limit", "power_limit_default", 1000, "power_limit_default"},
    {"gpu_power_readings/min_power_limit", "power_limit_min", 1000, "power_limit_min"},
    {"gpu_power_readings/max_power_limit", "power_limit_max", 1000, "power_limit_max"},
    {"clocks/graphics_clock", "core_clock", 1, "core_clock"},
    {"clocks/mem_clock", "memory_clock", 1, "memory_clock"},
    {"max_clocks/graphics_clock", "core_clock_max", 1, "core_clock_max"},
    {"max_clocks/mem_clock", "memory_clock_max", 1, "memory_clock_max"},
    {"pci/pci_gpu_link_info/link_widths/max_link_width", "pcie_width_max", 1, "pcie_width_max"},
    {"pci/pci_gpu_link_info/link_widths/current_link_width", "pcie_width", 1, "pcie_width"},
    {"pci/pci_gpu_link_info/pcie_gen/max_link_gen", "pcie_generation_max", 1, "pcie_generation_max"},
    {"pci/pci_gpu_link_info/pcie_gen/current_link_gen", "pcie_generation", 1, "pcie_generation"},
    {"pci/replay_counter", "pcie_replays", 1, "pcie_replays"},
    {"pci/replay_rollover_counter", "pcie_replay_rollovers", 1, "pcie_replay_rollovers"},
    {"fb_memory_usage/total", "memory_total", MiB, "memory_total", MiB},
    {"fb_memory_usage/used", "memory_used", MiB, "memory_used", MiB},
    {"ecc_errors/volatile/dram_correctable", "ecc_dram_correctable_volatile", 1, "ecc_dram_correctable_volatile"},
    {"ecc_errors/volatile/dram_uncorrectable", "ecc_dram_uncorrectable_volatile", 1, "ecc_dram_uncorrectable_volatile"},
    {"ecc_errors/volatile/sram_correctable", "ecc_sram_correctable_volatile", 1, "ecc_sram_correctable_volatile"},
    {"ecc_errors/volatile/sram_uncorrectable", "ecc_sram_uncorrectable_volatile", 1, "ecc_sram_uncorrectable_volatile"},
    {"ecc_errors/aggregate/dram_correctable", "ecc_dram_correctable_aggregate", 1, "ecc_dram_correctable_aggregate"},
    {"ecc_errors/aggregate/dram_uncorrectable", "ecc_dram_uncorrectable_aggregate", 1, "ecc_dram_uncorrectable_aggregate"},
    {"ecc_errors/aggregate/sram_correctable", "ecc_sram_correctable_aggregate", 1, "ecc_sram_correctable_aggregate"},
    {"ecc_errors/aggregate/sram_uncorrectable", "ecc_sram_uncorrectable_aggregate", 1, "ecc_sram_uncorrectable_aggregate"},
    {"remapped_rows/remapped_row_corr", "row_remap_correctable", 1, "row_remap_correctable"},
    {"remapped_rows/remapped_row_unc", "row_remap_uncorrectable", 1, "row_remap_uncorrectable"},
    {"retired_pages/multiple_single_bit_retirement/retired_count", "retired_pages_correctable", 1, "retired_pages_correctable"},
    {"retired_pages/double_bit_retirement/retired_count", "retired_pages_uncorrectable", 1, "retired_pages_uncorrectable"},
};
/// A leaf and the attribute of the part (or "model", "firmware") that says the same.
constexpr std::pair<const char *, const char *> texts[] = {
    {"product_name", "model"}, {"serial", "serial"}, {"uuid", "uuid"}, {"vbios_version", "firmware"}, {"board_part_number", "board_part_number"},
    {"inforom_version/img_version", "inforom_image"}, {"inforom_version/oem_object", "inforom_oem"}, {"inforom_version/ecc_object", "inforom_ecc"},
    {"inforom_version/pwr_object", "inforom_power"}, {"gsp_firmware_version", "gsp_firmware"}};

bool isThere(const QString &value)
{
    return !value.isEmpty() && value != "N/A" && value != "Unknown Error" && !value.startsWith("[");
}

const char *keyOf(const char *attribute)
{
    return QString(attribute) == "model" ? "name" : QString(attribute) == "firmware" ? "vbios" : attribute;
}

} // namespace

class TestNvidiaSmi : public QObject
{
    Q_OBJECT

private slots:
    void whatTheTableNamesIsRead()
    {
        NvmlNode node("gpu * slot 3\ngpu * chassis_serial 1\ngpu * inforom_power 1\ngpu * fabric_health_mask 682\ngpu * fabric_health_summary 1\ngpu * c2c_links 10");
        std::set<QString> known{"other_processes", "fabric_guid"};
        for (const auto &reading : node.management().readings(0))
            known.insert(QString::fromStdString(reading.metric));
        const auto part = *node.management().identity(0);
        for (const auto &[name, value] : part.attributes)
            known.insert(QString::fromStdString(name));
        const auto rows = rowsOfTable();
        QVERIFY(rows.size() > 150);
        for (const auto &[line, here] : rows) {
            if (here == "model" || here == "firmware" || here.startsWith(QStringLiteral("—")))
                continue;
            QVERIFY2(here.startsWith('`') && known.contains(here.mid(1, here.size() - 2)), qPrintable(line + ": " + here));
        }
    }

    void eachReadingIsDescribed()
    {
        NvmlNode node("gpu * c2c_links 2\ngpu * gpu_numa_id 2");
        const QString text = contentOf(SEATRIAL_SOURCE_DIR "/docs/gpu.md");
        for (const auto &reading : node.management().readings(0)) {
            QString name = QString::fromStdString(reading.metric);
            const bool byPattern = name.startsWith("ecc_") || name.startsWith("row_remap_banks_") || name.endsWith("_inactive");
            QVERIFY2(byPattern || text.contains('`' + name + '`'), qPrintable(name));
        }
        const auto part = *node.management().identity(0);
        for (const auto &[name, value] : part.attributes)
            QVERIFY2(text.contains('`' + QString::fromStdString(name) + '`'), name.c_str());
    }

    void eachLineOfTheListingIsInTheTable()
    {
        const QString folder = recorded("nvidia-smi-q");
        if (folder.isEmpty())
            QSKIP("no recorded listings of nvidia-smi -q here");
        const auto rows = rowsOfTable();
        int lines = 0;
        for (const char *file : {"linux-x86_64__nvidia-h200__590.48.01.idle.q.txt", "linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01.idle.q.txt",
                                 "gpud-nvidia-smi-query.535.183.01.out.0.valid"}) {
            for (const QString &path : linesOf(contentOf(folder + "/" + file))) {
                if (path.startsWith("Processes"))
                    continue;
                ++lines;
                QVERIFY2(isTold(rows, path), qPrintable(QString(file) + ": " + path));
            }
        }
        QVERIFY2(lines > 400, qPrintable(QString::number(lines)));
    }

    void theXmlSaysTheSame()
    {
        const QString folder = recorded("nvidia-smi-xml");
        if (folder.isEmpty())
            QSKIP("no recorded XML of nvidia-smi here");
        int compared = 0;
        for (const QFileInfo &file : QDir(folder).entryInfoList({"*.xml"}, QDir::Files)) {
            for (const Leaves &gpu : gpusOf(file.filePath()))
                compared += compare(gpu, file.fileName());
        }
        QVERIFY2(compared > 150, qPrintable(QString::number(compared)));
    }

private:
    /// Lets the tests' library answer what nvidia-smi was answered, and compares what we make of it with what nvidia-smi made of it.
    int compare(const Leaves &gpu, const QString &file)
    {
        const auto leaf = [&](const char *name) {
            const auto found = gpu.find(name);
            return found == gpu.end() ? QString() : found->second;
        };
        QString state = "gpus 1\n";
        for (const Mapped &mapped : numbers) {
            const QString value = leaf(mapped.leaf);
            const QString number = QString(value).remove(QRegularExpression("[^0-9.\\-].*$"));
            state += QString("gpu 0 %1 %2\n").arg(mapped.key, isThere(value) ? QString::number(qRound64(number.toDouble() * mapped.scale)) : QString("-"));
        }
        for (const auto &[name, attribute] : texts)
            state += QString("gpu 0 %1 %2\n").arg(keyOf(attribute), isThere(leaf(name)) ? leaf(name) : QString("-"));
        NvmlNode node(state.toStdString());
        const auto readings = node.management().readings(0);
        const auto part = *node.management().identity(0);
        int compared = 0;
        for (const Mapped &mapped : numbers) {
            const auto reading = std::find_if(readings.begin(), readings.end(), [&](const Reading &one) { return one.metric == mapped.metric; });
            const QString value = leaf(mapped.leaf);
            const bool there = reading != readings.end() && reading->value.has_value();
            if (!isThere(value))
                continue;
            const double shown = QString(value).remove(QRegularExpression("[^0-9.\\-].*$")).toDouble() * mapped.unit;
            if (!there || qAbs(*reading->value - shown) > 1e-6 * qMax(1.0, qAbs(shown)))
                QTest::qFail(qPrintable(file + ": " + mapped.leaf + " is " + value), __FILE__, __LINE__);
            const QString unit = value.section(' ', 1, 1);
            const QString ours = QString::fromUtf8(protocol::unitText(reading->unit).data(), qsizetype(protocol::unitText(reading->unit).size()));
            if ((unit == "C" && ours != "degC") || (unit == "W" && ours != "W") || (unit == "MHz" && ours != "MHz") || (unit == "MiB" && ours != "B"))
                QTest::qFail(qPrintable(QString(mapped.metric) + " is in " + ours + ", there in " + unit), __FILE__, __LINE__);
            ++compared;
        }
        for (const auto &[name, attribute] : texts) {
            if (!isThere(leaf(name)))
                continue;
            const std::string here = QString(attribute) == "model" ? part.model
                : QString(attribute) == "firmware"                 ? part.firmware
                : part.attributes.contains(attribute)              ? part.attributes.at(attribute)
                                                                   : std::string();
            if (QString::fromStdString(here) != leaf(name))
                QTest::qFail(qPrintable(file + ": " + name + " is " + leaf(name) + ", here " + QString::fromStdString(here)), __FILE__, __LINE__);
            ++compared;
        }
        return compared;
    }
};

QTEST_APPLESS_MAIN(TestNvidiaSmi)
#include "test_nvidia_smi.moc"
