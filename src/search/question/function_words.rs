//! Words that distinguish 22 languages with Latin letters from English.

use whatlang::Lang;

/// The words of a language, in lower case and separated by spaces. They have no accents, but for those of Vietnamese,
/// which differ by these.
pub(super) struct Words {
    pub language: Lang,
    /// Function words, such as articles, prepositions and question words, and other frequent words that are also names or English.
    pub function: &'static str,
    /// Words of science and teaching that are hardly ever names or English.
    pub terms: &'static str,
    /// Endings of long words that are not English.
    pub endings: &'static str,
    /// Letters that few other languages have.
    pub letters: &'static str,
}

/// English function words. `novo` is that of `de novo`, and `al` that of `et al`.
pub(super) const ENGLISH: &str = "al an and are as at be between by can do does for from how is it its not novo of on \
    or over that the this to using via we what when where which why with";

/// Function words that names have as well, such as `de la Cruz`.
pub(super) const OF_NAMES: &str = "al da das de del della delle dello den der des di do dos du el en im la las le les \
    lo los na si ten ter van von yang zu zum zur";

/// All languages that are distinguished from English.
pub(super) const WORDS: [Words; 22] = [
    Words {
        language: Lang::Deu,
        function: "auf aus bei das dem den der des die ein eine einem einen einer erde fur gibt himmel ist kann \
            kinder locher man mit nach netz oder ohne schwarze sich sind tiefe uber und von welche welchen welt \
            wie wird zu zum zur",
        terms: "algorithmen anwendung anwendungen anwendungsbereich automatische batterien behandlung bestarkendes \
            bilder bilderkennung bildern bildung bildverarbeitung daten datenbanken durch einfluss einfuhrung \
            energie entwicklung entzundung erkennung erklarbare erneuerbare forschung galaxien gehirn genauigkeit \
            genetische genetischen gesichtserkennung gesundheit gleichungen graphentheorie gravitationswellen \
            grundlagen halbleiter halbleitern impfstoffe impfung informatik kindern klassifikation klassifizierung \
            klimawandel krankheit krankheiten kuenstliche kunstliche kunstlichen landwirtschaft leitfahigkeit \
            lernen lernverfahren losung luft maschinelle maschinellen maschinelles materie medizin menschen \
            menschlichen messung methoden modellen modellierung naturlicher netze netzen netzwerke neuronale \
            neuronalen neuronales nicht numerische numerischen optimierung patienten photovoltaik quantencomputer \
            quantenmechanik roboter robotik schule sicherheit sprache sprachen spracherkennung sprachmodelle \
            sprachmodellen sprachverarbeitung statistische sterne strahlung teilchen temperatur theorie tiefen \
            tiefes ubersetzung umwelt untersuchung verarbeitung verfahren vergleich verschlusselung vorhersage \
            vorhersagen warum wasser wechselwirkung wechselwirkungen wellen werden wieso wirkung wirtschaft \
            wissenschaft zeitreihen zellen zwischen",
        endings: "dung erung heit heiten ierung ische ischen ischer isches keit keiten liche lichen licher lung \
            nung rung schaft tung ungen",
        letters: "ß",
    },
    Words {
        language: Lang::Fra,
        function: "au aux avec comment dans de des du en entre est et la le les leur par parole pas plus pour que \
            quel quelle qui sans sont sous sur trous un une",
        terms: "algorithme algorithmes apprenant apprenante apprendre apprennent apprentissage apprentissages \
            artificiel artificielle artificiels automatique automatiques bayesien biologiques cellules cerveau \
            changement chiffrement chimie ciel classement climatique climatiques conductivite connaissances \
            couches critere detecter developpement donnees eau economie energie enfants entrainement etats etoiles \
            etude generatifs graphes gravitationnelles humaines langage langages langue langues logiciel logiciels \
            lumiere maladie maladies matiere matieres mecanique mesure methode methodes modele modeles \
            modelisation naturel neurones noire noires noirs noyaux nucleaire numerique numeriques ondes \
            ordinateur ordinateurs patientes physique pourquoi prevision profond profonde quantique quantiques \
            quelles quels recherche reconnaissance renforcement reseau reseaux sante securite semantique soins \
            sommeil statistiques systeme systemes terre theorie traduction traitement traitements univers vaccins \
            vocale",
        endings: "eaux elles ement ements eurs euse euses logie logies tique tiques",
        letters: "œ",
    },
    Words {
        language: Lang::Spa,
        function: "como con cual cuales cuando de del desde donde el en entre es esta la las los mas para pero por \
            porque que se sin sobre son un una",
        terms: "agua agujeros algoritmos analisis aprenden aprender aprendizaje artificiales automatica automatico \
            automatizado busqueda cambio celulas cerebro cielo cifrado clasificacion climatica climatico \
            comportamiento computacion computadora conductividad convolucionales cuantica cuanticas cuantico datos \
            deteccion economia ecuaciones educacion efectos energia energias enfermedad enfermedades ensenanza \
            estrellas estudio fisica galaxias grafos gravitacionales humanos imagenes inalambricas inteligencia \
            lenguaje lenguajes mecanica medicion metodos modelado modelo modelos negros neuronales ninos numericos \
            ondas optimizacion oscura pacientes prediccion procesamiento profunda profundo reconocimiento redes \
            refuerzo renovables salud seguridad sistema sistemas temperatura teoria tierra traduccion tratamientos \
            universo vacunas voz",
        endings: "amiento amientos cion ciones dades idad",
        letters: "ñ¿¡",
    },
    Words {
        language: Lang::Ita,
        function: "acqua che come con da dai dal dalla dei del della delle dello di gli il la le lo luce metodi \
            nei nel nella nelle neri per quale quali si sono stelle su sul sulla sulle tra un una",
        terms: "addestramento apprendimento apprendono artificiale automatica automatico bambini buchi cambiamento \
            cellule cervello cielo classificazione climatici climatico crittografia dati effetti elaborazione \
            energia equazioni fisica galassie grafi gravitazionali immagini imparano imparare intelligenza \
            istruzione linguaggio linguistici macchina macchine malattia malattie meccanica modelli modello \
            naturale neurale neurali onde ottimizzazione pazienti perche previsione profonda profondo quantistica \
            quantistici quantistico rete reti ricerca ricerche riconoscimento rinforzo rinnovabili salute \
            sicurezza sistema sistemi sviluppo temperatura teoria traduzione trattamento umani vaccini vocale",
        endings: "bilita imenti imento ivita ologia zione zioni",
        letters: "",
    },
    Words {
        language: Lang::Por,
        function: "ao aos as com como da das de do dos em entre mais na nao nas no nos os para pela pelo por \
            porque quais qual quando que saude se sem sobre um uma",
        terms: "agua algoritmos analise aprendem aprender aprendizado aprendizagem artificiais automatica \
            automatico buracos celulas cerebro classificacao climatica climaticas computacao condutividade \
            criancas criptografia dados deteccao doenca doencas economia educacao efeitos energia energias ensino \
            equacoes estrelas estudo fisica galaxias grafos gravitacionais humanos imagens inteligencia linguagem \
            maquina maquinas mecanica medicao metodos modelo modelos mudancas negros neurais ondas otimizacao \
            pacientes previsao processamento profunda profundas profundo quantica quanticos reconhecimento rede \
            redes reforco renovaveis seguranca sistema sistemas temperatura teoria traducao tratamento vacinas",
        endings: "amento amentos cao coes dade",
        letters: "ãõ",
    },
    Words {
        language: Lang::Nld,
        function: "aan bij de door een en het hoe is kan lucht met naar niet om op te uit van voor wat welke werkt \
            worden wordt zijn",
        terms: "beelden beeldherkenning beeldverwerking behandeling borstkanker cellen classificatie diepe energie \
            gaten gegevens geheugen gezondheid grafentheorie halfgeleiders heelal herkenning hersenen invloed \
            kinderen klimaatverandering kunstmatige kwantum kwantumcomputer leerkrachten leren lerende machinaal \
            modellen natuurkunde nauwkeurigheid netwerk netwerken neurale onderwijs onderzoek ontwikkeling \
            patienten scheikunde spraak spraakherkenning sterren taal taalmodellen taalverwerking temperatuur \
            theorie tussen veiligheid versleuteling versterkend vertaling voorspellen voorspelling waarom \
            wetenschap wiskunde ziekte ziekten zwaartekracht zwaartekrachtgolven zwarte",
        endings: "atie aties elijk elijke heden heid kunde lijkheid ische",
        letters: "",
    },
    Words {
        language: Lang::Pol,
        function: "aby czy dla do jak jaka jakie jako jest lub na nie od oraz po przez przy raka sa sie za ze",
        terms: "algorytm algorytmy analiza badania badanie choroba choroby czarne danych dlaczego dokladnosc \
            dzieci dziury edukacja energia fale fizyka glebokie grafow grawitacyjne gwiazdy jezyka jezykow \
            jezykowych klasyfikacja klimatu klimatyczne komorki kwantowa kwantowe kwantowych leczenie ludzi \
            maszynowe maszynowego mechanika metody mowy mozg naturalnego neuronowe neuronowych niebo obrazach \
            obrazow odnawialne optymalizacja pacjentow przetwarzanie przewodnictwo rownania rozpoznawanie siec \
            sieci szczepionki sztuczna sztucznej temperatury teoria tlumaczenie ucza uczenia uczenie wczesne woda \
            wplyw wykrywanie wzmocnieniem zastosowanie zdrowie zmiany",
        endings: "ania anie eniem nosc osci owania owanie owego owych",
        letters: "łąęźżśćń",
    },
    Words {
        language: Lang::Ces,
        function: "co do jak jaka jake je jsou lze na nebo od po pomoci pri pro se siti ve ze",
        terms: "algoritmy analyza bunky cerne detekce deti diry energie fyzika grafu gravitacni hluboke hvezdy \
            inteligence jazyka jazykovych klasifikace klimatu kvantova kvantove kvantovych lecba mechanika metody \
            mozek nemoc nemoci neuronova neuronove neuronovych obloha obnovitelne obrazu optimalizace pacientu \
            pocitacove prekladu presnost prirozeneho proc rakoviny reci rovnice rozpoznavani strojove strojoveho \
            teorie teploty uceni uci umela umele vakciny vliv vlny vyuziti vzdelavani zdravi zmena zpracovani",
        endings: "cich nosti osti ovani oveho ovych",
        letters: "ěůř",
    },
    Words {
        language: Lang::Slk,
        function: "ako aky co do je na nie od po pre pri sa so su vo zo",
        terms: "algoritmy bunky choroba fyzika gravitacne hlboke inteligencia jazyka klasifikacia kvantova \
            kvantove liecba mozog neuronova neuronove neuronovych optimalizacia preco rovnice rozpoznavanie siete \
            spracovanie strojove strojoveho teoria teploty ucenia ucenie ucia umela umelej vlny zdravie",
        endings: "osti ovania ovanie ovych",
        letters: "ľĺŕ",
    },
    Words {
        language: Lang::Slv,
        function: "je kaj kako ki na od pri se so za",
        terms: "algoritmi bolezen celice enacbe globoko govora grafov gravitacijski inteligenca jezika kvantna \
            mozgani mreze nevronske nevronskih podnebne prepoznavanje razvrscanje strojnega strojno teorija ucenja \
            ucenje umetna umetne valovi zakaj zdravje zdravljenje",
        endings: "anja anje enje nosti",
        letters: "",
    },
    Words {
        language: Lang::Hrv,
        function: "ako iz je koja koje koji na od po pomocu sa se sto su uz za",
        terms: "algoritmi bolest crne duboko govora grafova gravitacijski inteligencija jednadzbe jezicnih jezika \
            kako klasifikacija klimatske kvantna kvantno lijecenje mozak mreza mreze neuronske neuronskih obrada \
            otkrivanje prepoznavanje promjene rupe stanice strojno strojnog teorija ucenja ucenje umjetna umjetne \
            utjecaj valovi zasto zdravlje",
        endings: "anja anje enje ivanje nosti",
        letters: "đ",
    },
    Words {
        language: Lang::Swe,
        function: "ar att av den det eller en ett for fran hal hur jorden kan man med och om pa som till vad vid \
            vilka",
        terms: "artificiell artificiella behandling bilden bilder brostcancer celler djupinlarning ekvationer \
            forskning forstarkningsinlarning grafteori gravitationsvagor halsa halvledare himlen hjarnan \
            igenkanning inlarning inte intelligens klassificering klimatforandringar kvantdatorer kvantmekanik \
            larande ledningsformaga maskininlarning mellan natverk natverken neurala neuronnat noggrannhet \
            noggrannheten patienter sakerhet sjukdom sjukdomar sprak sprakmodeller stjarnor svarta taligenkanning \
            temperaturens teorin upptackt utbildning varfor vatten",
        endings: "heten ighet igheten inlarning modeller ningar ningarna ningen",
        letters: "å",
    },
    Words {
        language: Lang::Dan,
        function: "af at den der det eller en er et for fra hvilke kan man med og om pa som sorte til ved",
        terms: "behandling billeder boern brystkraeft celler dyb forskning genkendelse grafteori halvledere himlen \
            hjernen huller hvad hvordan hvorfor ikke indflydelse intelligens klassificering klimaforandringer \
            kunstig kvantecomputere kvantemekanik laerer laering ligninger maskinlaering mellem netvaerk neurale \
            noejagtighed noejagtigheden opdagelse patienter sikkerhed sprog sprogmodeller stjerner sundhed sygdom \
            sygdomme talegenkendelse temperaturens tyngdeboelger uddannelse",
        endings: "elser heden heder ningen ninger",
        letters: "æøå",
    },
    Words {
        language: Lang::Nob,
        function: "at av den det eller en er et for fra hull hvilke kan man med og om pa som til ved",
        terms: "behandling bildene bilder brystkreft celler dyp forskning gjenkjenning grafteori \
            gravitasjonsbolger halvledere helse himmelen hjernen hva hvordan hvorfor ikke innvirkning intelligens \
            klassifisering klimaendringer kunstig kvantedatamaskiner kvantemekanikk laerer laering ligninger \
            maskinlaering mellom nettverk nevrale nevralt noyaktighet noyaktigheten pasienter sikkerhet sprak \
            sprakmodeller stjerner svarte sykdom sykdommer talegjenkjenning temperaturens utdanning",
        endings: "elser heten heter ningen ninger",
        letters: "æøå",
    },
    Words {
        language: Lang::Fin,
        function: "eli ja joka jotka kuin mika mita mitka ovat seka voidaan",
        terms: "aivot algoritmit aukot gravitaatioaallot havaitseminen hoito ilmastonmuutos kielen kielimallien \
            konenako koneoppiminen koneoppimisen koulutus kuinka kuvien kvanttimekaniikka kvanttitietokone \
            lampotilan lasten luokittelu luonnollisen menetelmat miksi miten mustat mustien neuroverkko \
            neuroverkkojen neuroverkoissa neuroverkot oppiminen oppimisen oppivat potilaiden puheentunnistus \
            rokotteet sairauden sairaus solut syopa syvaoppiminen tahdet taivas tekoaly tekoalyn teoria terveys \
            tietokone tunnistus tutkimus vaikutus yhtalot",
        endings: "issa ista isten llinen llisen lliset minen misen ssaan vuus vyys",
        letters: "",
    },
    Words {
        language: Lang::Hun,
        function: "az egy es fekete hogy ki lehet meg mi milyen nem szerint vagy",
        terms: "alapjan algoritmusok alkalmazasa beszedfelismeres betegek betegseg betegsegek csillagok egeszseg \
            egyenletek elemzese elmelet energia feldolgozas felismerese felvezetok gepi grafelmelet gravitacios \
            gyermekek halozat halozatok halozatokban hatasa hogyan homerseklet hullamok intelligencia kepek \
            kezelese kvantummechanika lyukak melytanulas mesterseges miert modellek neuralis neuronhalo \
            neuronhalok nyelvi oktatas osztalyozas pontossag sejtek tanulas tanulasi tanulnak termeszetes vakcinak \
            vizsgalata",
        endings: "asanak asok ekben esenek okban sagat sagi seget",
        letters: "őű",
    },
    Words {
        language: Lang::Ron,
        function: "ale care ce cu cum de din este gauri mai negre nu pe pentru poate prin sau se si sunt un unei \
            unui",
        terms: "adanca algoritmi artificiala boala cancerului celulele cerul clasificarea climatice copiilor \
            creierul cuantica detectarea ecuatii educatia educatie energiei grafurilor gravitationale imagini \
            inteligenta invata invatare invatarea limbaj limbajului neuronala neuronale pacientilor predictia \
            prelucrarea recunoasterea retea retele retelele retelelor sanatate sanatatea schimbari stelele \
            temperaturii teoria tratamentul undele vaccinuri vorbirii",
        endings: "atea elor ilor itate ului",
        letters: "țșă",
    },
    Words {
        language: Lang::Tur,
        function: "agi bir bu dogal gibi hangi ile kara mi olan olarak sinir uzerindeki uzerine ve veya",
        terms: "aglari aglarin algoritmalari asilar beyin cocuklarda dalgalari degisikligi delikler denklemler \
            denklemleri dogruluk egitim enerjisi gokyuzu goruntu goruntuler goruntulerle guvenligi hastalarin \
            hastaligi hastaliklari hucreleri icin iklim isleme kanseri kanserinin konusma kuantum kutlecekim \
            makine modelleri modellerinin nasil neden nedir ogrenimi ogrenir ogrenme ogrenmesi saglik saglikta \
            sicaklik siniflandirilmasi siniflandirma tahmini tanima tedavisi teorisi teshisi tibbi yapay yildizlar \
            zeka",
        endings: "ildir iyor lari larin larinin leri lerin lerinin masi mesi siyla",
        letters: "ğış",
    },
    Words {
        language: Lang::Vie,
        function: "biến bào báo bầu bằng bệnh các có của dùng dạng dẫn dục dữ dự giáo gì hiện huấn hình hưởng hấp \
            học khí không khỏe liệu loại luyện là làm lượng lỗ máy mạng mặt một nghiên ngôn ngữ nhiệt nhân như \
            nhận những nào nơ nước pháp phát phân phương sâu sóng sức thuyết thuật thuốc thư thế thống tiếng toán \
            trên trí trị trời tuệ tích tại tạo tế từ tử và về với xử đen điều điện đoán được đến để đồ ảnh ứng",
        terms: "",
        endings: "",
        letters: "ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    },
    Words {
        language: Lang::Ind,
        function: "adalah antara apa buatan cara dalam dan dari dengan di ke oleh pada saraf secara suhu terhadap \
            untuk yang",
        terms: "akurasi algoritma analisis bagaimana bahasa belajar berbasis deteksi energi gambar gelombang \
            gravitasi hitam iklim jaringan keamanan kecerdasan kesehatan klasifikasi kuantum langit lubang mengapa \
            menggunakan mesin metode otak pasien pelatihan pembelajaran pendidikan penelitian penerapan pengaruh \
            pengenalan pengobatan pengolahan penyakit persamaan perubahan prediksi sistem suara tenaga teori \
            tiruan vaksin",
        endings: "annya kannya",
        letters: "",
    },
    Words {
        language: Lang::Cat,
        function: "als amb com de del dels el els en entre es la les pel per que quin quins son un una",
        terms: "aigua algorismes aprenen aprenentatge automatica canvi cervell classificacio dades deteccio \
            educacio energia equacions estrelles forats gravitacionals imatges intelligencia ligencia llengua \
            llenguatge malaltia malalties maquina metodes neuronals optimitzacio pacients processament profund \
            quantica reconeixement reforc salut seguretat temperatura teoria tractament traduccio vacunes veu \
            xarxa xarxes",
        endings: "ament cio cions itat",
        letters: "",
    },
    Words {
        language: Lang::Tgl,
        function: "ang ano at ay gamit kung mga na nang ng para sa",
        terms: "artipisyal bakit edukasyon enerhiya epekto intelihensiya kalusugan katumpakan kompyuter langit \
            makina natututo paano paggamot pagkatuto pagkilala pagsusuri pamamaraan pananaliksik teorya tubig wika",
        endings: "",
        letters: "",
    },
];
