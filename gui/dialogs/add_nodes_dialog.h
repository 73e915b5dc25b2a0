// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/node_entry.h"

#include <QDialog>
#include <QTimer>

#include <map>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;

namespace seatrial::gui {

class WordsLabel;

// A node, or a row of them, by hand. What is wrong is said at its field, by the reader that will read the file.
class AddNodesDialog : public QDialog {
    Q_OBJECT

public:
    struct Offer {
        QString inventory; // the open one; empty: a new one is begun
        QString newFile;   // where a new one would be kept
        QStringList racks; // that there are already
    };
    AddNodesDialog(const Offer& offer, NodesCheck check, QWidget* parent = nullptr);

    NodesToAdd nodes() const;

private:
    QLineEdit* addField(QFormLayout& form, domain::EntryField field, const QString& label, const QString& hint, const QString& explained);
    void addProblem(QFormLayout& form, domain::EntryField field);
    QWidget* makeFile(QFormLayout& form);
    void targetChanged();
    void browse();
    bool check();

    const Offer m_offer;
    const NodesCheck m_check;
    QComboBox* m_target;
    QLineEdit* m_file;
    QComboBox* m_rack;
    std::map<domain::EntryField, QLineEdit*> m_fields;
    std::map<domain::EntryField, WordsLabel*> m_problems;
    WordsLabel* m_summary;
    QPushButton* m_add;
    QTimer m_soon; // typing is checked when it rests
};

} // namespace seatrial::gui
